package dev.faultline.history.uffd;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;

/// As first posted to make CONTINUE work in private mappings: the entry permits what the area permits, although the page
/// is the file's.
public final class InstallPtePostedV1 extends InstallPte {
    /// The form.
    public InstallPtePostedV1() {}

    @Override
    protected Pte.Present entry(Place place, Folio folio) {
        boolean cached = folio.mapping().isPresent();
        return cached ? Pte.file(folio, place.isWritable(), place.isWritable()) : super.entry(place, folio);
    }
}
