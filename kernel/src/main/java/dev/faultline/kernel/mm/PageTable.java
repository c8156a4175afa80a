package dev.faultline.kernel.mm;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// Four levels of 512 entries each, as x86-64 and arm64 have them for 48-bit addresses.
///
/// Tables come into being where they are walked and stay: whether an upper level is there cannot be told
/// from whether the entry below it is, as long as tables cost no memory and are not freed. Only where huge pages
/// may be mapped the entries of the level above the lowest are places of their own.
final class PageTable {
    static final int ENTRIES = 512;
    private static final int BITS = 9;
    private static final int PAGE_SHIFT = 12;
    private static final int LEVELS = 4;

    private final Mm mm;
    private final Object[] top = new Object[ENTRIES];
    // By address: where something was ever put in.
    private final TreeMap<Long, PteSlot> used = new TreeMap<>();

    // By address: those of the middle level that were looked at.
    private final TreeMap<Long, PmdSlot> middle = new TreeMap<>();

    PageTable(Mm mm) {
        this.mm = mm;
    }

    /// {@return the entry of the middle level for `address`, where huge pages may be mapped}
    Optional<PmdSlot> pmd(long address) {
        return !mm.hasHugeEntries() ? Optional.empty()
                : Optional.of(middle.computeIfAbsent(Thp.start(address), at -> new PmdSlot(mm, at)));
    }

    /// {@return the entries of the middle level that were looked at for a range, by address}
    List<PmdSlot> middle(long start, long end) {
        return List.copyOf(middle.subMap(Thp.start(start), end).values());
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
        PteSlot slot = new PteSlot(mm, address & -1L << PAGE_SHIFT, pmd(address));
        table[i] = slot;
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

    /// Something is put into an entry for the first time.
    void use(PteSlot slot) {
        used.put(slot.address(), slot);
    }

    /// {@return the entries in which something ever was, by address}
    Collection<PteSlot> used() {
        return Collections.unmodifiableCollection(used.values());
    }

    /// {@return those of them from `start` (inclusive) to `end` (exclusive)}
    Collection<PteSlot> used(long start, long end) {
        return Collections.unmodifiableCollection(used.subMap(start, end).values());
    }
}
