package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.SharedObject;
import java.util.Optional;
import java.util.TreeSet;

/// The huge pages of a machine that are set aside (`struct hstate`): how many are free, and how many of those are promised to
/// mappings. A section under `hugetlb_lock` is one step.
///
/// Promised pages are always free, so that a fault in a mapping that has promises never fails for want of a page.
final class HugetlbPool extends SharedObject {
    private final PhysicalMemory physical;
    private final int all;
    private int free;
    private int reserved;

    /// The frames of those in use that become promised again when they are freed (`HPageRestoreReserve`). Guarded by whoever
    /// owns the page, or by the page-table lock of the entry that owns it.
    private final TreeSet<Long> restoring = new TreeSet<>();

    /// A pool of `pages` free pages.
    HugetlbPool(Node node, int pages) {
        super(node.machine(), "hugetlb_lock", node);
        this.physical = node.physical();
        this.all = pages;
        this.free = pages;
    }

    /// Promises pages, or takes promises back. One step.
    ///
    /// @return whether that many could be promised
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_acct_memory")
    boolean acctMemory(long delta) {
        if (delta == 0) {
            return true;
        }
        machine().step(this, Access.WRITE, -1);
        boolean enough = delta < 0 || reserved + delta <= free;
        machine().current().learn(enough ? 1 : 0);
        if (enough) {
            reserved += (int) delta;
            changed();
        }
        return enough;
    }

    /// {@return a page of zeroes that nothing maps, with a reference that is the caller's, if there is one} One step.
    ///
    /// @param promised whether it was promised, and is promised again if it is freed before anybody maps it
    @Models(file = "mm/hugetlb.c", symbol = "dequeue_hugetlb_folio_vma")
    Optional<Folio> dequeue(boolean promised) {
        machine().step(this, Access.WRITE, -1);
        boolean there = promised ? free > 0 : free > reserved;
        machine().current().learn(there ? 1 : 0);
        if (!there) {
            return Optional.empty();
        }
        free--;
        Folio folio = physical.allocateSetAside("hugetlb", this::free);
        folio.becomeUnmapped();
        if (promised) {
            reserved--;
            restoring.add(folio.pfn());
        }
        changed();
        return Optional.of(folio);
    }

    /// {@return a page for bytes that are copied without locks: of the pool if one is free that was not promised, else one more
    /// (`alloc_migrate_hugetlb_folio`)} One step.
    @Models(file = "mm/hugetlb.c", symbol = "alloc_hugetlb_folio_vma")
    Folio dequeueOrAllocate() {
        return dequeue(false).orElseGet(() -> {
            Folio temporary = physical.allocateSetAside("temporary hugetlb", _ -> { });
            temporary.becomeUnmapped();
            return temporary;
        });
    }

    @Models(file = "mm/hugetlb.c", symbol = "free_huge_folio")
    private void free(Folio folio) {
        machine().step(this, Access.WRITE, -1);
        free++;
        if (restoring.remove(folio.pfn())) {
            reserved++;
        }
        changed();
    }

    /// {@return whether the page is promised again when it is freed}
    @Models(file = "include/linux/hugetlb.h", symbol = "folio_test_hugetlb_restore_reserve")
    boolean isRestoring(Folio folio) {
        return restoring.contains(folio.pfn());
    }

    /// Has the page promised again when it is freed.
    @Models(file = "include/linux/hugetlb.h", symbol = "folio_set_hugetlb_restore_reserve")
    void setRestoring(Folio folio) {
        restoring.add(folio.pfn());
        changedUnseen();
    }

    /// What was promised is used up: somebody maps the page, or it is part of a file.
    @Models(file = "include/linux/hugetlb.h", symbol = "folio_clear_hugetlb_restore_reserve")
    void clearRestoring(Folio folio) {
        restoring.remove(folio.pfn());
        changedUnseen();
    }

    /// {@return what is wrong when nobody has a page any more; no step}
    Optional<String> leak() {
        return free == all && reserved == 0 ? Optional.empty() : Optional.of("of " + all + " huge pages in the pool " + free
                + " are free and " + reserved + " promised at the end; all should be free, and none promised");
    }

    @Override
    protected long stateHash() {
        long hash = Digest.mix(all - free, reserved);
        for (long pfn : restoring) {
            hash = Digest.mix(hash, pfn);
        }
        return free == all && reserved == 0 && restoring.isEmpty() ? 0 : hash;
    }
}
