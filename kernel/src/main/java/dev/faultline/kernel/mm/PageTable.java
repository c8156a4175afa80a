package dev.faultline.kernel.mm;

import java.util.ArrayList;
import java.util.List;

/// Four levels of 512 entries each, as x86-64 and arm64 have them for 48-bit addresses.
///
/// Tables come into being where they are walked and stay: whether an upper level is there cannot be told
/// from whether the entry below it is, as long as tables cost no memory and are not freed.
final class PageTable {
    private static final int ENTRIES = 512;
    private static final int BITS = 9;
    private static final int PAGE_SHIFT = 12;
    private static final int LEVELS = 4;

    private final Mm mm;
    private final Object[] top = new Object[ENTRIES];
    private final List<PteSlot> slots = new ArrayList<>();

    PageTable(Mm mm) {
        this.mm = mm;
    }

    /// {@return the entry for `address`}
    PteSlot slot(long address) {
        Object[] table = top;
        for (int level = LEVELS - 1; level > 0; level--) {
            table = below(table, index(address, level));
        }
        int i = index(address, 0);
        if (table[i] instanceof PteSlot known) {
            return known;
        }
        PteSlot slot = new PteSlot(mm, address & -1L << PAGE_SHIFT);
        table[i] = slot;
        slots.add(slot);
        return slot;
    }

    private static int index(long address, int level) {
        return (int) (address >>> PAGE_SHIFT + BITS * level) & ENTRIES - 1;
    }

    private static Object[] below(Object[] table, int i) {
        if (table[i] instanceof Object[] known) {
            return known;
        }
        Object[] made = new Object[ENTRIES];
        table[i] = made;
        return made;
    }

    /// {@return the entries that were ever walked to, in that order}
    List<PteSlot> slots() {
        return slots;
    }
}
