package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;

/// From v4.20 to v5.15: the entry of a page of the file is dirty only if it is writable. Who fills a file in says by
/// other means that the bytes are nowhere else.
public final class InstallPteV515 extends InstallPte {
    /// The form.
    public InstallPteV515() {}

    @Override
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_install_pte", release = "v5.15")
    protected Pte.Present entry(Place place, Folio folio) {
        boolean cached = folio.mapping().isPresent();
        boolean writable = place.isWritable() && place.isShared();
        return cached ? Pte.file(folio, writable, writable) : super.entry(place, folio);
    }
}
