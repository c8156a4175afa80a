package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.PteMove;
import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// Moving the entry of a page that is in swap. A folio may be cached for its slot: whoever reads the page back maps that
/// one, and reverse maps have to look for it where it is mapped then.
public class MoveSwapPte {
    /// The seam at which other forms plug in.
    public static final Part<MoveSwapPte> PART = new Part<>("uffd.MoveSwapPte", MoveSwapPte.class);

    /// Today's form.
    public MoveSwapPte() {}

    /// Moves the entry, and what is cached for it.
    ///
    /// @return -EAGAIN if something has changed meanwhile: the same page is tried again
    @Models(file = "mm/userfaultfd.c", symbol = "move_pages_ptes")
    protected Optional<Errno> move(PteSlot to, PteSlot from, Pte.Swap entry) {
        Optional<Folio> cached = to.mm().swap().getFolio(entry.entry());
        cached.ifPresent(folio -> folio.lock().lock());
        boolean moved = moveLocked(to, from, entry, cached);
        cached.ifPresent(folio -> {
            folio.lock().unlock();
            folio.put();
        });
        return moved ? Optional.empty() : Optional.of(Errno.EAGAIN);
    }

    /// Looks once more: slots are used again, by the same page too, so that the entry may be what it was though the folio
    /// that was found is cached for it no longer, or one is cached now where none was found.
    ///
    /// @param cached the folio that was found, with its lock held and a reference
    /// @return whether the entry was moved
    @Models(file = "mm/userfaultfd.c", symbol = "move_swap_pte")
    protected boolean moveLocked(PteSlot to, PteSlot from, Pte.Swap entry, Optional<Folio> cached) {
        if (cached.isEmpty()) {
            return new PteMove(from, to).uncached(entry);
        }
        boolean still = cached.get().swap().filter(entry.entry()::equals).isPresent();
        return still && new PteMove(from, to).swapped(entry, cached);
    }
}
