package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// How a page that was filled in, or found in the cache, gets into the page table.
public class InstallPte {
    /// The seam at which other forms plug in.
    public static final Part<InstallPte> PART = new Part<>("uffd.InstallPte", InstallPte.class);

    /// Today's form.
    public InstallPte() {}

    /// Maps the folio unless something is mapped; a marker may be there. Takes over the caller's reference on success.
    /// A folio that is cached is locked.
    ///
    /// @return -EFAULT behind the end of the file that the area maps; -EEXIST
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_install_pte")
    protected Optional<Errno> install(Place place, Folio folio) {
        return place.fill(protectedAsAsked(place, entry(place, folio)).permittedBy(place.vma()), Place::isNoneMostly);
    }

    /// {@return the entry} A page of the file is never writable in a private mapping: a write copies it first. Every
    /// entry is dirty, so that reclaim does not take the page for one whose bytes are elsewhere.
    protected Pte.Present entry(Place place, Folio folio) {
        boolean cached = folio.mapping().isPresent();
        Pte.Present entry = cached
                ? Pte.file(folio, place.isWritable() && place.isShared(), true)
                : Pte.anonymous(folio, place.isWritable());
        return entry.mkDirty();
    }

    /// {@return the entry, which tells of writes if the program wants that}
    protected static Pte.Present protectedAsAsked(Place place, Pte.Present entry) {
        return place.protect() ? entry.mkUffdWp() : entry;
    }
}
