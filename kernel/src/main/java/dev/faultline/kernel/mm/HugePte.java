package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.Task;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The place of the entry that maps a huge page of the pool (what `hugetlb_walk` finds): one of the middle level. Changes are
/// made under the page-table lock, whose whole critical section is one step here; who maps a page, or does so no longer, is
/// counted in the same step.
public final class HugePte {
    private final PmdSlot pmd;

    private HugePte(PmdSlot pmd) {
        this.pmd = pmd;
    }

    /// {@return the place for an address of an area of huge pages}
    @Models(file = "include/linux/hugetlb.h", symbol = "hugetlb_walk")
    public static HugePte at(Mm mm, long address) {
        return new HugePte(mm.pmd(address).orElseThrow());
    }

    private Machine machine() {
        return pmd.machine();
    }

    private Pte now() {
        return switch (pmd.now()) {
            case Pmd.None _ -> Pte.NONE;
            case Pmd.Marker(Pte.Marker marker) -> marker;
            case Pmd.Huge(Pte.Present first) -> first;
            case Pmd.Table _ -> throw machine().finding(Kind.BUG, "a table is where only huge pages of the pool can be: " + pmd.label());
        };
    }

    private static Pmd entry(Pte pte) {
        return switch (pte) {
            case Pte.None _ -> Pmd.NONE;
            case Pte.Marker marker -> new Pmd.Marker(marker);
            case Pte.Present first -> new Pmd.Huge(first);
            case Pte.Swap _, Pte.Migration _ -> throw new IllegalArgumentException("never of a huge page of the pool: " + pte);
        };
    }

    /// {@return the entry} One step.
    @Models(file = "include/linux/hugetlb.h", symbol = "huge_ptep_get")
    public Pte read() {
        pmd.read();
        return now();
    }

    /// Replaces an entry that is still `expected` by one that permits as much or more. One step.
    ///
    /// @return whether it was
    public boolean replace(Pte expected, Pte replacement) {
        machine().step(pmd, Access.WRITE, -1);
        boolean same = now().equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same && !expected.equals(replacement)) {
            pmd.put(entry(replacement));
        }
        return same;
    }

    /// Puts an entry that maps no page where nothing is mapped as `free` says. One step.
    ///
    /// @return whether that was so
    public boolean fill(Pte.Marker marker, Predicate<Pte> free) {
        machine().step(pmd, Access.WRITE, -1);
        boolean may = free.test(now());
        machine().current().learn(may ? 1 : 0);
        if (may) {
            pmd.put(entry(marker));
        }
        return may;
    }

    /// Maps a page if what is there may be replaced; the caller's reference becomes the entry's. One step.
    ///
    /// @return whether it was
    @Models(file = "mm/rmap.c", symbol = "hugetlb_add_file_rmap")
    public boolean map(Pte.Present page, Predicate<Pte> free) {
        machine().step(pmd, Access.WRITE, -1, page.folio().referenceCount(), Access.ADD, -1);
        boolean mapped = free.test(now());
        machine().current().learn(mapped ? 1 : 0);
        if (mapped) {
            page.folio().addRmapWithinStep();
            pmd.put(entry(page));
        }
        return mapped;
    }

    /// Maps a page that nobody else knows in the place of one that is still mapped as `expected`, whose reference is the
    /// caller's then; the caller's to the new one becomes the entry's. One step.
    ///
    /// @return whether it was
    @Models(file = "arch/x86/include/asm/hugetlb.h", symbol = "huge_ptep_clear_flush")
    public boolean exchange(Pte.Present expected, Pte.Present own) {
        machine().step(pmd, Access.WRITE, -1, expected.folio().referenceCount(), Access.ADD, -1);
        boolean same = now().equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            pmd.translations().flush();
            expected.folio().removeRmapWithinStep();
            own.folio().addRmapUnseen();
            pmd.put(entry(own));
        }
        return same;
    }

    /// Takes the entry out. One step.
    ///
    /// @param left what stays in its place
    /// @param tlb  flushes the translation later
    /// @return what it was. The reference of a page that was mapped is the caller's
    @Models(file = "mm/rmap.c", symbol = "hugetlb_remove_rmap")
    public Pte clear(UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(pmd, Access.WRITE, -1, task -> {
            if (pmd.now() instanceof Pmd.Huge(Pte.Present first)) {
                SecondAccess.touch(task, first.folio().referenceCount(), Access.ADD, -1);
            }
        });
        Pte old = now();
        machine().current().learn(old.hash());
        if (old instanceof Pte.Present page) {
            page.folio().removeRmapWithinStep();
        }
        pmd.restrict(entry(left.apply(old)), tlb);
        return old;
    }

    /// Takes the entry out if it maps that page, and sets a mark. One step; the caller counts one entry less that maps the page.
    ///
    /// @param left what stays in its place
    /// @param tlb  flushes the translation later
    /// @return whether it did. The reference is the caller's then
    public boolean clearMarked(Folio folio, Cell mark, UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(pmd, Access.WRITE, -1, mark, Access.WRITE, -1);
        boolean maps = pmd.now() instanceof Pmd.Huge(Pte.Present page) && page.folio() == folio; // small pages may be there
        machine().current().learn(maps ? 1 : 0);
        if (maps) {
            mark.poke(1);
            pmd.restrict(entry(left.apply(now())), tlb);
        }
        return maps;
    }

    /// Replaces the entry, whatever it is, by what `change` makes of it, for the same page if it maps one. One step.
    ///
    /// @param tlb flushes the translation later
    public void change(UnaryOperator<Pte> change, TlbGather tlb) {
        machine().step(pmd, Access.WRITE, -1);
        machine().current().learn(now().hash());
        pmd.restrict(entry(change.apply(now())), tlb);
    }

    /// Takes a reference to the page if it is still mapped as `expected`. One step.
    ///
    /// @return whether it was
    public boolean getFolio(Pte.Present expected) {
        return pmd.getFolio(expected);
    }

    /// What a copy of an entry for a child came to.
    public enum Shared { DONE, CHANGED, PINNED }

    /// Maps the page in `copy` as well, where nothing is, if it is still mapped as `expected`. Two steps under both page-table
    /// locks, the first of which takes the reference; three if it has changed in between.
    ///
    /// @param mine what the entry becomes
    /// @param its  what `copy` becomes
    /// @param tlb  flushes the translation later
    /// @return [Shared#PINNED] with nothing done if the page is this entry's alone and may be pinned
    @Models(file = "include/linux/rmap.h", symbol = "hugetlb_try_dup_anon_rmap")
    public Shared share(Pte.Present expected, Pte.Present mine, HugePte copy, Pte.Present its, TlbGather tlb) {
        Folio folio = expected.folio();
        machine().step(pmd, Access.READ, PmdSlot.OWN, folio.referenceCount(), Access.WRITE, -1);
        Shared result = !now().equals(expected) ? Shared.CHANGED
                : expected.anonExclusive() && folio.isPinnedNow() ? Shared.PINNED : Shared.DONE;
        machine().current().learn(result.ordinal());
        if (result != Shared.DONE) {
            return result;
        }
        folio.mapWithinStep();
        machine().step(pmd, Access.WRITE, -1, copy.pmd, Access.WRITE, -1);
        boolean same = now().equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            pmd.restrict(entry(mine), tlb);
            copy.pmd.put(entry(its));
            return Shared.DONE;
        }
        folio.removeRmap();
        folio.put();
        return Shared.CHANGED;
    }

    /// Takes the entry of `source`, if there is one, which is left empty. One step, under both page-table locks.
    ///
    /// @param tlb flushes the translation later
    @Models(file = "mm/hugetlb.c", symbol = "move_huge_pte")
    public void moveFrom(HugePte source, TlbGather tlb) {
        machine().step(source.pmd, Access.WRITE, -1, pmd, Access.WRITE, -1);
        machine().current().learn(source.now().hash());
        if (!source.now().equals(Pte.NONE)) {
            pmd.put(entry(source.now()));
            source.pmd.restrict(Pmd.NONE, tlb);
        }
    }

    /// The kernel reads the whole of what one entry of the middle level maps. One step.
    ///
    /// @return the page, whose bytes may be read for the rest of the step; nothing if they are not mapped by one entry
    @Models(file = "mm/memory.c", symbol = "copy_folio_from_user")
    static Optional<Folio> readWhole(PmdSlot pmd) {
        pmd.machine().step(pmd, Access.READ, PmdSlot.OWN, task -> whole(pmd, task).ifPresent(folio ->
                SecondAccess.touch(task, folio.data(), Access.READ, -1)));
        Task task = pmd.machine().current();
        Optional<Folio> folio = whole(pmd, task);
        task.learn(folio.map(Folio::pfn).orElse(-1L));
        if (folio.isPresent() && pmd.translations().used(task.context(TaskStruct.class).processor())) {
            pmd.usedUnseen();
        }
        return folio;
    }

    private static Optional<Folio> whole(PmdSlot pmd, Task task) {
        long processor = task.context(TaskStruct.class).processor();
        return pmd.now() instanceof Pmd.Huge(Pte.Present first) && pmd.translations().of(processor, first).equals(first)
                && first.permits(false) && !first.old() ? Optional.of(first.folio()) : Optional.empty();
    }
}
