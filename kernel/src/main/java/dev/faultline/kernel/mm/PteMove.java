package dev.faultline.kernel.mm;

import dev.faultline.kernel.swap.SwapDevice;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// Takes an entry from one place of an address space to another. One step each, under both page-table locks, but for what
/// makes a table of the target first.
public final class PteMove {
    private final PteSlot from;
    private final PteSlot to;

    /// From `from` to `to`.
    public PteMove(PteSlot from, PteSlot to) {
        this.from = from;
        this.to = to;
    }

    /// Takes the entry, whatever it is, to where nothing is.
    ///
    /// @param tlb flushes the translation later, unless it has to be now
    void entry(TlbGather tlb) {
        to.populate();
        to.stepWith(from);
        from.machine().current().learn(from.now().hash());
        if (from.isThere() && to.isThere()) {
            Pte moved = from.inTable();
            to.put(moved);
            if (from.mm().tlbFlush().flushesUnderTheLock(moved)) {
                from.translations().flush();
            }
            from.restrict(Pte.NONE, tlb);
        }
    }

    /// Puts `moved` there and takes the entry away, if that is still `expected` and nothing is there; reverse maps find the
    /// page there then. The caller holds the folio lock.
    ///
    /// @return whether that was so
    public boolean page(Pte.Present expected, Pte.Present moved) {
        to.populate();
        to.stepWith(from);
        boolean same = from.isStill(expected) && to.isStill(Pte.NONE) && !expected.folio().isPinnedNow();
        from.machine().current().learn(same ? 1 : 0);
        if (same) {
            from.translations().flush(); // ptep_clear_flush
            if (moved.isAnonymous()) {
                rehome(moved.folio());
            }
            to.put(moved);
            from.put(Pte.NONE);
        }
        return same;
    }

    private void rehome(Folio folio) {
        to.mm().vmaLookupUnlocked(to.address()).ifPresent(vma -> folio.moveTo(vma.linearPageIndex(to.address())));
    }

    /// Takes the entry of a page in swap, if that is still `expected` and nothing is there.
    ///
    /// @param cached the folio that is cached for the slot, if that is known, with its lock held: reverse maps find it there
    ///        then
    /// @return whether that was so
    public boolean swapped(Pte.Swap expected, Optional<Folio> cached) {
        to.populate();
        to.stepWith(from);
        boolean same = from.isStill(expected) && to.isStill(Pte.NONE);
        from.machine().current().learn(same ? 1 : 0);
        if (same) {
            cached.ifPresent(this::rehome);
            to.put(expected);
            from.put(Pte.NONE);
        }
        return same;
    }

    /// As that, if no folio is cached for the slot. Two steps, under the page-table locks in Linux: the second one finds out
    /// whether anybody has changed the entry since the first, also if it was changed back.
    ///
    /// @return whether that was so
    @SuppressWarnings("ReferenceEquality") // nobody puts the same object here twice
    public boolean uncached(Pte.Swap expected) {
        Swap swap = from.mm().swap();
        SwapEntry entry = expected.entry();
        to.populate();
        from.machine().step(from.place(), Access.READ, from.part(), swap, Access.READ, SwapDevice.part(entry));
        Pte seen = from.inTable();
        boolean uncached = from.isStill(expected) && !swap.peekCached(entry);
        from.machine().current().learn(uncached ? 1 : 0);
        if (!uncached) {
            return false;
        }
        to.stepWith(from);
        boolean same = from.isThere() && from.inTable() == seen && to.isStill(Pte.NONE);
        from.machine().current().learn(same ? 1 : 0);
        if (same) {
            to.put(expected);
            from.put(Pte.NONE);
        }
        return same;
    }
}
