package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/// The place of one entry of the middle level, and the table below it, where huge pages may be mapped. One object: a step
/// on an entry of the table touches a part of it, one on the entry itself the last part, one that changes what is below
/// all of it. Changes are made under the page-table lock, whose whole critical section is one step here.
final class PmdSlot extends SharedObject implements Translated {
    /// The part that is the entry itself.
    static final long OWN = 1L << 63;

    private static final int PARTS = 63;

    private final Mm mm;
    private final long address;

    /// What TLBs hold of a huge page.
    private final Translations translations = new Translations();

    private Pmd pmd = Pmd.NONE;
    private int generation;

    /// The last table that was freed before walks had left it.
    private int freed;

    PmdSlot(Mm mm, long address) {
        super(mm, address + 1, "pmd", mm.name() + ":0x" + Long.toHexString(address));
        this.mm = mm;
        this.address = address;
    }

    /// {@return the part that the entry for `address` in the table is}
    static long part(long address) {
        return 1L << (address >>> 12) % Thp.PAGES % PARTS;
    }

    /// {@return the parts that the entries of a range in the table are}
    static long parts(long start, long end) {
        return end - start >= PARTS * 4096L ? ~OWN : rangeOf(start, end);
    }

    private static long rangeOf(long start, long end) {
        long parts = 0;
        for (long at = start; at < end; at += 4096) {
            parts |= part(at);
        }
        return parts;
    }

    Mm mm() {
        return mm;
    }

    /// {@return the first address that it maps}
    long address() {
        return address;
    }

    Translations translations() {
        return translations;
    }

    /// {@return the entry; for the rest of a step that was taken here}
    Pmd now() {
        return pmd;
    }

    boolean hasTable() {
        return pmd instanceof Pmd.Table;
    }

    boolean isHuge() {
        return pmd instanceof Pmd.Huge;
    }

    /// {@return the entry} One step.
    Pmd read() {
        machine().step(this, Access.READ, OWN);
        machine().current().learn(pmd.hash());
        return pmd;
    }

    /// {@return what is in effect for an address, where the table has `inTable`}
    Pte entry(long at, Pte inTable) {
        return switch (pmd) {
            case Pmd.None _ -> Pte.NONE;
            case Pmd.Table _ -> inTable;
            case Pmd.Marker(Pte.Marker marker) -> marker;
            case Pmd.Huge huge -> huge.page(index(at));
        };
    }

    /// {@return how the page at an address is mapped by a huge page}
    static Pte.Present pageOf(Pmd.Huge huge, long at) {
        return huge.page(index(at));
    }

    private static int index(long at) {
        return (int) ((at >>> 12) % Thp.PAGES);
    }

    /// {@return what a processor goes by: the huge page that its TLB holds still, else `otherwise`}
    Pte translation(long processor, long at, Pte otherwise) {
        return translations.of(processor, otherwise) instanceof Pte.Present held && held != otherwise
                ? new Pmd.Huge(held).page(index(at)) : otherwise;
    }

    /// The processor writes through the entry, which maps a huge page: the rest of such a step.
    void markDirty() {
        put(new Pmd.Huge(((Pmd.Huge) pmd).first().mkDirty()));
    }

    /// Changes the entry, within a step.
    void put(Pmd entry) {
        pmd = entry;
        changed();
    }

    /// A processor has come to hold the translation, which only a change of the entry looks at; within a step.
    void usedUnseen() {
        changedUnseen();
    }

    /// {@return the entries of a range that are not empty} One step.
    List<PteSlot> entries(long start, long end) {
        machine().step(this, Access.READ, OWN | parts(start, end));
        List<PteSlot> slots = hasTable() ? mm.used(start, end).stream()
                .filter(slot -> !slot.inTable().equals(Pte.NONE)).toList() : List.of();
        machine().current().learn(Digest.mix(pmd.hash(), slots.size()));
        for (PteSlot slot : slots) {
            machine().current().learn(slot.address());
        }
        return slots;
    }

    /// Makes a table where there is nothing. One step.
    @Models(file = "mm/memory.c", symbol = "__pte_alloc")
    void populate() {
        machine().step(this, Access.READ, OWN, task ->
                SecondAccess.first(task, pmd instanceof Pmd.None ? Access.WRITE : Access.READ));
        if (pmd instanceof Pmd.None) {
            newTable();
        }
    }

    private void newTable() {
        generation++;
        put(new Pmd.Table(generation));
    }

    /// Looks whether a table that was found here, by a walk that has not ended, may be read.
    ///
    /// @return whether it is the one that was here last: another one is empty
    boolean isLast(Pmd.Table table) {
        if (table.generation() <= freed) {
            throw machine().finding(Kind.USE_AFTER_FREE, "page table below the " + label() + " read after it was freed");
        }
        return table.generation() == generation;
    }

    /// Takes a table out in which nothing is, and frees it once those who walk without locks have left it. One step.
    ///
    /// @return whether there was one
    @Models(file = "mm/memory.c", symbol = "free_pte_range")
    boolean freeTable() {
        machine().step(this, Access.WRITE, -1);
        boolean empty = hasTable() && mm.used(address, address + Thp.BYTES).stream().allMatch(slot -> slot.inTable().equals(Pte.NONE));
        machine().current().learn(empty ? 1 : 0);
        if (empty) {
            // Who finds the table has begun to walk before, and is waited for: nobody ever reads it when it is freed.
            takeTable();
        }
        return empty;
    }

    /// {@return whether a table with that entry can go for the sake of a huge page that maps the same}
    static ScanResult check(Pte entry, Folio head) {
        return switch (entry) {
            case Pte.None _ -> ScanResult.SUCCEED;
            case Pte.Present present -> present.folio().head() == head ? ScanResult.SUCCEED : ScanResult.FAIL;
            case Pte.Swap _, Pte.Migration _, Pte.Marker _ -> ScanResult.PTE_NON_PRESENT;
        };
    }

    /// What has become of a table.
    ///
    /// @param entries how many pages it maps no longer, whose mappings are to be given back
    /// @param result  [ScanResult#SUCCEED] if there is nothing else in it
    record Cleared(int entries, ScanResult result) {}

    /// Empties a table that maps pages of a huge one, up to the first entry that is something else. One step, under the
    /// page-table lock. That a page was written through its entry is not kept: pages of a huge one are dirty.
    ///
    /// @param takesTable whether the table goes within the same step
    /// @param tlb        flushes the translations later
    @Models(file = "mm/khugepaged.c", symbol = "collapse_pte_mapped_thp")
    Cleared clearPagesOf(Folio head, boolean takesTable, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        int entries = 0;
        ScanResult result = ScanResult.SUCCEED;
        for (PteSlot slot : hasTable() ? List.copyOf(mm.used(address, address + Thp.BYTES)) : List.<PteSlot>of()) {
            result = check(slot.inTable(), head);
            if (result != ScanResult.SUCCEED) {
                break;
            }
            if (slot.inTable() instanceof Pte.Present) {
                slot.restrict(Pte.NONE, tlb);
                entries++;
            }
        }
        machine().current().learn(Digest.mix(entries, result.ordinal()));
        if (takesTable && result == ScanResult.SUCCEED) {
            takeTable();
        }
        return new Cleared(entries, result);
    }

    /// Takes a table out that maps no page, with the marks that are in it. One step, under the page-table lock.
    ///
    /// @param may whether it still may go
    @Models(file = "mm/khugepaged.c", symbol = "retract_page_tables")
    void retract(BooleanSupplier may) {
        machine().step(this, Access.WRITE, -1);
        if (!hasTable() || !may.getAsBoolean()) {
            return;
        }
        for (PteSlot slot : List.copyOf(mm.used(address, address + Thp.BYTES))) {
            if (slot.inTable() instanceof Pte.Present present) {
                throw machine().finding(Kind.BUG, "page table below the " + label() + " freed while it maps " + present.folio());
            }
            slot.put(Pte.NONE);
        }
        takeTable();
    }

    private void takeTable() {
        freed = mm.tableWalk().keepsTables() ? freed : generation;
        put(Pmd.NONE);
    }

    /// Takes the table out as it is, to make one huge page of its pages. One step, under the page-table lock. Nobody puts
    /// another one in its place until it is put back, or the huge page is.
    @Models(file = "mm/pgtable-generic.c", symbol = "pmdp_collapse_flush")
    void detach() {
        machine().step(this, Access.WRITE, -1);
        mm.used(address, address + Thp.BYTES).forEach(slot -> slot.translations().outdated(slot.inTable()));
        put(Pmd.NONE);
    }

    /// {@return the places in the table that was taken out in which something is}
    List<PteSlot> detached() {
        return mm.used(address, address + Thp.BYTES).stream().filter(slot -> !slot.inTable().equals(Pte.NONE)).toList();
    }

    /// Puts the table back that was taken out. One step, under the page-table lock.
    @Models(file = "include/linux/mm.h", symbol = "pmd_populate")
    void reattach() {
        machine().step(this, Access.WRITE, -1);
        put(new Pmd.Table(generation));
    }

    /// Maps a huge page in the place of the table that was taken out, which is kept for when it is split. One step, under
    /// the page-table lock.
    @Models(file = "mm/huge_memory.c", symbol = "map_anon_folio_pmd")
    void install(Pte.Present first) {
        machine().step(this, Access.WRITE, -1);
        put(new Pmd.Huge(first));
    }

    /// Maps a huge page where nothing is. One step, under the page-table lock.
    ///
    /// @return whether nothing was
    boolean set(Pte.Present first) {
        machine().step(this, Access.WRITE, -1);
        boolean none = pmd instanceof Pmd.None;
        machine().current().learn(none ? 1 : 0);
        if (none) {
            put(new Pmd.Huge(first));
        }
        return none;
    }

    /// Replaces a huge page if it is still mapped as `expected` (`pmd_same`). One step, under the page-table lock.
    ///
    /// @return whether it was
    boolean replace(Pte.Present expected, Pte.Present replacement) {
        machine().step(this, Access.WRITE, -1);
        boolean same = isStill(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            if (expected.folio() != replacement.folio()) {
                translations.flush(); // pmdp_huge_clear_flush
            }
            put(new Pmd.Huge(replacement));
        }
        return same;
    }

    /// {@return whether a huge page is mapped as `expected` (`pmd_same`); for the rest of a step that was taken here}
    boolean isStill(Pte.Present expected) {
        return pmd instanceof Pmd.Huge(Pte.Present first) && first.equals(expected);
    }

    /// Takes a reference to a huge page if it is still mapped as `expected`. One step, under the page-table lock.
    ///
    /// @return whether it was
    boolean getFolio(Pte.Present expected) {
        machine().step(this, Access.READ, OWN, expected.folio().referenceCount(), Access.ADD, -1);
        boolean same = isStill(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            expected.folio().getWithinStep();
        }
        return same;
    }

    /// Changes the entry to one that permits less, within a step; `tlb` flushes later what processors hold.
    void restrict(Pmd restricted, TlbGather tlb) {
        if (pmd instanceof Pmd.Huge(Pte.Present first) && translations.outdated(first)) {
            tlb.flushLater(this);
        }
        put(restricted);
    }

    /// Takes a huge page out. One step, under the page-table lock.
    ///
    /// @param tlb flushes the translation later
    /// @return how it was mapped, if it was
    Optional<Pte.Present> clear(TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        machine().current().learn(pmd.hash());
        if (!(pmd instanceof Pmd.Huge(Pte.Present first))) {
            return Optional.empty();
        }
        restrict(Pmd.NONE, tlb);
        return Optional.of(first);
    }

    /// Changes how a huge page is mapped, if one is. One step, under the page-table lock.
    ///
    /// @param tlb flushes the translation later
    void modify(UnaryOperator<Pte.Present> change, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        machine().current().learn(pmd.hash());
        if (pmd instanceof Pmd.Huge(Pte.Present first)) {
            restrict(new Pmd.Huge(change.apply(first)), tlb);
        }
    }

    /// Maps the pages of a huge page, if one is mapped, by a table of their own; one of a file is taken out. One step, under
    /// the page-table lock.
    ///
    /// @return how the page of a file was mapped, which [HugeFile#drop] gives back
    @Models(file = "mm/huge_memory.c", symbol = "__split_huge_pmd")
    Optional<Pte.Present> split() {
        machine().step(this, Access.WRITE, -1, task -> {
            if (pmd instanceof Pmd.Huge huge && huge.first().isAnonymous()) {
                SecondAccess.touch(task, huge.first().folio().referenceCount(), Access.ADD, -1);
            }
        });
        machine().current().learn(pmd.hash());
        if (!(pmd instanceof Pmd.Huge huge)) {
            return Optional.empty();
        }
        translations.flush(); // pmdp_invalidate
        if (huge.isOfFile()) {
            put(Pmd.NONE);
            return Optional.of(huge.first());
        }
        if (!huge.isZero()) {
            huge.first().folio().splitMappingWithinStep();
        }
        newTable();
        for (int i = 0; i < Thp.PAGES; i++) {
            mm.slot(address + i * 4096L).put(huge.page(i));
        }
        return Optional.empty();
    }

    /// Maps the huge page in a copy of the address space as well, where nothing is yet, unless the page is one entry's alone
    /// and may be pinned. Two steps, the second one for the copy; Linux holds both page-table locks.
    ///
    /// @param uffdWp whether the copy tells the program of writes as this one does
    /// @param tlb    flushes the translation later
    /// @return whether the copy is made, or nothing was to be copied
    @Models(file = "mm/huge_memory.c", symbol = "copy_huge_pmd")
    boolean share(PmdSlot copy, boolean uffdWp, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1, task -> {
            if (pmd instanceof Pmd.Huge huge && !huge.isZero()) {
                SecondAccess.touch(task, huge.first().folio().referenceCount(), Access.WRITE, -1);
            }
        });
        machine().current().learn(pmd.hash());
        if (!(pmd instanceof Pmd.Huge huge)) {
            return true;
        }
        Pte.Present first = huge.first();
        boolean pinned = first.anonExclusive() && first.folio().isPinnedNow();
        machine().current().learn(pinned ? 1 : 0);
        if (pinned) {
            return false;
        }
        if (!huge.isZero()) {
            first.folio().mapWithinStep();
        }
        Pte.Present shared = first.without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE);
        restrict(new Pmd.Huge(shared), tlb);
        Pte.Present its = uffdWp ? shared : shared.without(Pte.Present.UFFD_WP);
        machine().step(copy, Access.WRITE, -1);
        copy.put(new Pmd.Huge(mm.architecture().marksEntries() ? its : its.with(Pte.Present.OLD)));
        return true;
    }

    /// {@return whether it maps the huge page, or its table a part of that, or will again; no step}
    boolean mapsPartOf(Folio head) {
        return switch (pmd) {
            case Pmd.None _, Pmd.Marker _ -> false;
            case Pmd.Huge(Pte.Present first) -> first.folio() == head;
            case Pmd.Table _ -> mm.used(address, address + Thp.BYTES).stream().anyMatch(slot -> slot.inTable() instanceof Pte.Present present
                    ? present.folio().head() == head
                    : slot.inTable() instanceof Pte.Migration(Pte.Present was) && was.folio().head() == head);
        };
    }

    /// Puts migration entries in the place of entries of the table that map parts of a huge page. One step, under the
    /// page-table lock.
    ///
    /// @param tlb flushes the translations later
    /// @return the parts, whose mappings are to be given back
    @Models(file = "mm/rmap.c", symbol = "try_to_migrate_one")
    TreeMap<Integer, Folio> tryToMigrate(Folio head, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        TreeMap<Integer, Folio> parts = new TreeMap<>();
        for (PteSlot slot : hasTable() ? List.copyOf(mm.used(address, address + Thp.BYTES)) : List.<PteSlot>of()) {
            if (slot.inTable() instanceof Pte.Present present && present.folio().head() == head) {
                parts.put(present.folio().indexInHuge(), present.folio());
                slot.restrict(new Pte.Migration(present), tlb);
            }
        }
        for (int part : parts.keySet()) {
            machine().current().learn(part);
        }
        return parts;
    }

    /// Puts entries that map pages in the place of the migration entries for parts of a huge page. One step, under the
    /// page-table lock.
    ///
    /// @param now what is to be mapped for each part; may count mappings of the huge page within the step
    @Models(file = "mm/migrate.c", symbol = "remove_migration_pte")
    void removeMigrationEntries(Folio head, UnaryOperator<Folio> now) {
        machine().step(this, Access.WRITE, -1, head.referenceCount(), Access.ADD, -1);
        for (PteSlot slot : hasTable() ? List.copyOf(mm.used(address, address + Thp.BYTES)) : List.<PteSlot>of()) {
            if (slot.inTable() instanceof Pte.Migration(Pte.Present was) && was.folio().head() == head) {
                machine().current().learn(was.folio().indexInHuge());
                slot.put(new Pte.Present(now.apply(was.folio()), was.bits()));
            }
        }
    }

    /// Takes what the entries of a range in the table map out. One step, under the page-table lock.
    ///
    /// @param left what stays in the place of an entry
    /// @param tlb  flushes the translations later
    /// @return the entries that were there
    @Models(file = "mm/memory.c", symbol = "zap_pte_range")
    List<Pte> clearTable(long start, long end, UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(this, Access.WRITE, OWN | parts(start, end));
        List<Pte> gone = new ArrayList<>();
        if (hasTable()) {
            for (PteSlot slot : mm.used(start, end)) {
                if (!slot.inTable().equals(Pte.NONE)) {
                    gone.add(slot.inTable());
                    slot.restrict(left.apply(slot.inTable()), tlb);
                }
            }
        }
        for (Pte pte : gone) {
            machine().current().learn(pte.hash());
        }
        return gone;
    }

    @Override
    public void flush() {
        machine().step(this, Access.WRITE, -1);
        translations.flush();
        if (pmd instanceof Pmd.None) {
            mm.used(address, address + Thp.BYTES).forEach(slot -> slot.translations().flush());
        }
        changed();
    }

    @Override
    protected long stateHash() {
        long held = translations.hash();
        return held == 0 ? pmd.hash() : Digest.mix(pmd.hash(), held);
    }
}
