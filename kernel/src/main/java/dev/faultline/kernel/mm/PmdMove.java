package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// Takes a huge page from one place of an address space to another. One step, under both page-table locks.
final class PmdMove {
    private final PmdSlot from;
    private final PmdSlot to;

    PmdMove(PmdSlot from, PmdSlot to) {
        this.from = from;
        this.to = to;
    }

    /// Takes the huge page, if nothing is there.
    ///
    /// @param tlb flushes the translation later, unless it has to be now
    /// @return whether that was so
    @Models(file = "mm/huge_memory.c", symbol = "move_huge_pmd")
    boolean entry(TlbGather tlb) {
        step();
        boolean free = to.now() instanceof Pmd.None;
        from.machine().current().learn(from.now().hash());
        from.machine().current().learn(free ? 1 : 0);
        if (free && from.now() instanceof Pmd.Huge(Pte.Present first)) {
            to.put(from.now());
            if (from.mm().tlbFlush().flushesUnderTheLock(first)) {
                from.translations().flush();
            }
            from.restrict(Pmd.NONE, tlb);
        }
        return free;
    }

    /// Takes the huge page, if that is mapped as `expected` still and nothing is there; reverse maps find it there then. The
    /// caller holds the folio lock.
    ///
    /// @return -EAGAIN if something else is there; -EBUSY if the page may be pinned
    @Models(file = "mm/huge_memory.c", symbol = "move_pages_huge_pmd")
    Optional<Errno> page(Pte.Present expected, Pte.Present moved) {
        step();
        Optional<Errno> wrong = !(to.now() instanceof Pmd.None && from.isStill(expected)) ? Optional.of(Errno.EAGAIN)
                : expected.folio().isPinnedNow() ? Optional.of(Errno.EBUSY) : Optional.empty();
        from.machine().current().learn(wrong.map(Errno::number).orElse(0));
        if (wrong.isEmpty()) {
            from.translations().flush(); // pmdp_huge_clear_flush
            from.put(Pmd.NONE);
            if (moved.isAnonymous()) {
                to.mm().vmaLookupUnlocked(to.address()).ifPresent(vma -> moved.folio().moveHugeTo(vma.linearPageIndex(to.address())));
            }
            to.put(new Pmd.Huge(moved));
        }
        return wrong;
    }

    private void step() {
        from.machine().step(from, Access.WRITE, -1, to, Access.WRITE, -1);
    }
}
