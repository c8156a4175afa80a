package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import dev.faultline.kernel.uffd.ShmemFill;
import java.util.Optional;

/// Up to v4.19 (CVE-2018-18397): what is filled in becomes part of the file, whatever the mapping, even if the program
/// may not write to the file.
public final class ShmemFillV419 extends ShmemFill {
    /// The form.
    public ShmemFillV419(InstallPte install) {
        super(install);
    }

    @Override
    protected boolean servesMinorFaults() {
        return false;
    }

    @Override
    protected boolean refusesReadOnlyFiles() {
        return false;
    }

    @Override
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_pte", release = "v4.19")
    protected boolean fillsFile(Vma vma) {
        return !vma.isAnonymous();
    }

    @Override
    protected Errno noRoom(Source source) {
        return Errno.ENOMEM;
    }

    @Override
    protected Optional<Errno> addAndInstall(Place place, UserfaultPages pages, Folio folio) {
        if (!pages.add(place.index(), folio)) {
            return Optional.of(Errno.EEXIST);
        }
        Optional<Errno> error = install(place, folio);
        if (error.isPresent()) {
            pages.remove(folio);
        }
        return error;
    }

    @Override
    protected Optional<Errno> continuePage(Place place, UserfaultPages pages) {
        return Optional.of(Errno.EINVAL);
    }
}
