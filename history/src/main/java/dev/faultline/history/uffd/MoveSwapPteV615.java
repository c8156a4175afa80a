package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.PteMove;
import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.uffd.MoveSwapPte;
import java.util.Optional;

/// v6.14 and v6.15: what was cached for the slot when nobody had locked it is moved along, if the entry is the same.
public final class MoveSwapPteV615 extends MoveSwapPte {
    /// The form.
    public MoveSwapPteV615() {}

    @Override
    @Models(file = "mm/userfaultfd.c", symbol = "move_swap_pte", release = "v6.15")
    protected boolean moveLocked(PteSlot to, PteSlot from, Pte.Swap entry, Optional<Folio> cached) {
        return new PteMove(from, to).swapped(entry, cached);
    }
}
