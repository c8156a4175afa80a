package dev.faultline.kernel.mm;

import dev.faultline.machine.task.Digest;
import java.util.ArrayList;
import java.util.List;

/// What the TLBs of the processors hold for one page-table entry. Processors are bits of a mask.
///
/// A translation that was used stays until it is flushed. One that the page table has no longer is *stale*: its
/// processors go on using it, whatever the page has become.
final class Translations {
    /// The processors that hold the present entry.
    private long holders;

    private final List<Stale> stale = new ArrayList<>(1);

    private record Stale(Pte.Present pte, long holders) {}

    /// {@return the translation that a processor uses, where the page table has `present`}
    Pte of(long processor, Pte present) {
        for (Stale old : stale) {
            if ((old.holders() & processor) != 0) {
                return old.pte();
            }
        }
        return present;
    }

    /// A processor has used the present entry.
    ///
    /// @return whether that is news
    boolean used(long processor) {
        boolean known = (holders & processor) == processor;
        holders |= processor;
        return !known;
    }

    /// A processor has met a fault with what it holds, and looks at the page table next time.
    void forget(long processor) {
        stale.replaceAll(old -> new Stale(old.pte(), old.holders() & ~processor));
        stale.removeIf(old -> old.holders() == 0);
        holders &= ~processor;
    }

    /// The entry is about to permit less, or to go.
    ///
    /// @return whether some processor holds it
    boolean outdated(Pte old) {
        boolean held = false;
        if (holders != 0 && old instanceof Pte.Present present) {
            stale.add(new Stale(present, holders));
            held = true;
        }
        holders = 0;
        return held;
    }

    void flush() {
        holders = 0;
        stale.clear();
    }

    long hash() {
        long hash = holders;
        for (Stale old : stale) {
            hash = Digest.mix(hash, old.pte().hash() + old.holders());
        }
        return hash;
    }
}
