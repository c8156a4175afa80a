package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import java.util.Optional;

/// The size of the file is looked at before the page-table lock is taken, as the review of UFFDIO_CONTINUE wondered
/// whether it could be.
public final class InstallPteUnlocked extends InstallPte {
    /// The form.
    public InstallPteUnlocked() {}

    @Override
    protected Optional<Errno> install(Place place, Folio folio) {
        Optional<UserfaultPages> pages = place.filePages();
        if (pages.isPresent() && place.index() >= Content.pages(pages.get().iSize().read())) {
            return Optional.of(Errno.EFAULT);
        }
        return place.slot().fill(protectedAsAsked(place, entry(place, folio)), Place::isNoneMostly);
    }
}
