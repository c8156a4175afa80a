package dev.faultline.history.uffd;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import dev.faultline.kernel.uffd.ShmemFill;
import java.util.Optional;

/// From v4.20 to v5.13: pages of shmem can be filled in, not continued. A page that a read-only mapping gets is marked
/// dirty itself, as its entry is not.
public class ShmemFillV513 extends ShmemFill {
    /// The form.
    public ShmemFillV513(InstallPte install) {
        super(install);
    }

    @Override
    protected boolean servesMinorFaults() {
        return false;
    }

    @Override
    protected Optional<Errno> addAndInstall(Place place, UserfaultPages pages, Folio folio) {
        Optional<Errno> error = super.addAndInstall(place, pages, folio);
        if (error.isEmpty()) {
            folio.flags().setBits(Folio.DIRTY);
        }
        return error;
    }

    @Override
    protected Optional<Errno> continuePage(Place place, UserfaultPages pages) {
        return Optional.of(Errno.EINVAL);
    }
}
