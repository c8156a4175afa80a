package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import java.util.Optional;

/// Up to v4.19: nobody looks at the size of the file, and the entry permits what the area permits.
public final class InstallPteV419 extends InstallPte {
    /// The form.
    public InstallPteV419() {}

    @Override
    protected Optional<Errno> install(Place place, Folio folio) {
        return place.slot().fill(protectedAsAsked(place, entry(place, folio)), Place::isNone);
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_mcopy_atomic_pte", release = "v4.19")
    protected Pte.Present entry(Place place, Folio folio) {
        boolean cached = folio.mapping().isPresent();
        return cached ? Pte.file(folio, place.isWritable(), place.isWritable()) : super.entry(place, folio);
    }
}
