package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.UserfaultPages.Found;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import dev.faultline.kernel.uffd.ShmemFill;
import java.util.Optional;

/// From v5.14 to v5.18: the page to continue with is looked up as for reading, which does not see pages that were only
/// allocated.
public final class ShmemFillV518 extends ShmemFill {
    private final NotThere notThere;
    private final Filled filled;

    /// What the program is told of a page that is not there.
    public enum NotThere {
        /// That it is a bad address.
        EFAULT,
        /// What the lookup says, as the first posting of the fix did: which is what a copy says whose source is not there.
        ENOENT
    }

    /// Who knows that the bytes of a page that was filled in are nowhere else.
    public enum Filled {
        /// The page.
        PAGE_DIRTY,
        /// Its entry.
        ENTRY_DIRTY
    }

    /// The form.
    public ShmemFillV518(InstallPte install, Filled filled, NotThere notThere) {
        super(install);
        this.filled = filled;
        this.notThere = notThere;
    }

    @Override
    protected Optional<Errno> addAndInstall(Place place, UserfaultPages pages, Folio folio) {
        Optional<Errno> error = super.addAndInstall(place, pages, folio);
        if (error.isEmpty() && filled == Filled.PAGE_DIRTY) {
            folio.flags().setBits(Folio.DIRTY);
        }
        return error;
    }

    @Override
    @Models(file = "mm/userfaultfd.c", symbol = "mcontinue_atomic_pte", release = "v5.18")
    protected Optional<Errno> continuePage(Place place, UserfaultPages pages) {
        Found found = notThere == NotThere.EFAULT ? pages.getFolioRead(place.index()) : pages.getFolioNoalloc(place.index());
        return switch (found) {
            case Found.Page(Folio folio) -> mapFound(place, folio);
            case Found.Failed(Errno errno) ->
                Optional.of(errno == Errno.ENOENT && notThere == NotThere.EFAULT ? Errno.EFAULT : errno);
        };
    }
}
