package dev.faultline.history.uffd;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import java.util.Optional;

/// As in the fifth posting. Pages are counted before they are known to be anonymous, so that each is counted as one of a
/// file; and an entry is dirty only if it is writable, where the page is not marked instead.
public final class InstallPtePostedV5 extends InstallPte {
    /// The form.
    public InstallPtePostedV5() {}

    @Override
    protected Optional<Errno> install(Place place, Folio folio) {
        boolean anonymous = folio.mapping().isEmpty();
        if (!place.isWritable() && place.isShared()) {
            folio.flags().setBits(Folio.DIRTY);
        }
        Optional<Errno> error = super.install(place, folio);
        if (error.isEmpty() && anonymous && place.vma().isAnonymous()) {
            place.vma().mm().miscount(1);
        }
        return error;
    }

    @Override
    protected Pte.Present entry(Place place, Folio folio) {
        boolean cached = folio.mapping().isPresent();
        boolean writable = place.isWritable() && (place.isShared() || !cached);
        return cached ? Pte.file(folio, writable, writable) : Pte.anonymous(folio, writable);
    }
}
