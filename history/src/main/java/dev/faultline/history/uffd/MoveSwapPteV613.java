package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.PteMove;
import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.MoveSwapPte;
import java.util.Optional;

/// From v6.8 to v6.13: what is cached for the slot is not asked for.
public final class MoveSwapPteV613 extends MoveSwapPte {
    /// The form.
    public MoveSwapPteV613() {}

    @Override
    @Models(file = "mm/userfaultfd.c", symbol = "move_swap_pte", release = "v6.13")
    protected Optional<Errno> move(PteSlot to, PteSlot from, Pte.Swap entry) {
        return new PteMove(from, to).swapped(entry, Optional.empty()) ? Optional.empty() : Optional.of(Errno.EAGAIN);
    }
}
