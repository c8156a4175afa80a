package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.ArrayList;
import java.util.List;

/// What madvise(2) does to anonymous pages that need not stay in memory (mm/madvise.c). The caller holds `mmap_lock`, or
/// for [#free] the lock of the area.
final class Advice {
    private Advice() {}

    /// Takes the pages of a range away that nobody else maps. Pages of files on disks stay.
    @Models(file = "mm/madvise.c", symbol = "madvise_pageout")
    static void pageout(Reclaim reclaim, Vma vma, long start, long end) {
        List<Folio> isolated = new ArrayList<>();
        boolean swapBacked = vma.file().filter(file -> file.mapping().isSwapBacked()).isPresent();
        for (PteSlot slot : vma.mm().walk(start, end)) {
            if (slot.read() instanceof Pte.Present present && !present.folio().isLarge() && (present.isAnonymous()
                    ? present.folio().readMappings() == 1 && slot.getFolio(present)
                    : swapBacked && !present.special() && getMappedOnce(slot, present))) {
                isolated.add(present.folio());
            }
        }
        reclaim.reclaimPages(isolated, vma.mm().anonVma());
    }

    /// Takes a reference to a page of a file that nobody else maps, which is told from there being no other reference.
    private static boolean getMappedOnce(PteSlot slot, Pte.Present present) {
        if (!slot.getFolio(present)) {
            return false;
        }
        boolean once = present.folio().readReferenceCount() == 3;
        if (!once) {
            present.folio().put();
        }
        return once;
    }

    /// Forgets that the pages of a range were accessed, where nobody else maps them. Only an architecture whose processor
    /// does not mark entries shows it.
    @Models(file = "mm/madvise.c", symbol = "madvise_cold")
    static void cold(Vma vma, long start, long end) {
        TlbGather tlb = new TlbGather(vma.mm());
        for (PteSlot slot : vma.mm().walk(start, end)) {
            if (slot.read() instanceof Pte.Present present && !present.special() && !present.folio().isLarge()
                    && present.folio().readMappings() == 1) {
                slot.modify(pte -> pte.folio() == present.folio() ? aged(vma.mm(), pte) : pte, tlb);
            }
        }
        tlb.finish();
    }

    private static Pte.Present aged(Mm mm, Pte.Present pte) {
        return mm.architecture().marksEntries() ? pte : pte.with(Pte.Present.OLD);
    }

    /// Reads the pages of a range in that are in swap, so that faults find them cached. Pages of files are left to faults.
    @Models(file = "mm/madvise.c", symbol = "swapin_walk_pmd_entry")
    static void willneed(Vma vma, long start, long end) {
        for (PteSlot slot : vma.mm().walk(start, end)) {
            if (slot.read() instanceof Pte.Swap swap) {
                vma.mm().swap().readIn(swap.entry()).ifPresent(Folio::put);
            }
        }
    }

    /// Says of the pages of a range that they may be dropped unless they are written again.
    @Models(file = "mm/madvise.c", symbol = "madvise_free_pte_range")
    static void free(Vma vma, long start, long end) {
        TlbGather tlb = new TlbGather(vma.mm());
        for (PteSlot slot : vma.mm().walk(start, end)) {
            switch (slot.read()) {
                case Pte.Swap swap -> {
                    if (slot.replace(swap, Pte.NONE)) {
                        vma.mm().swap().freeSwapAndCache(swap.entry());
                    }
                }
                case Pte.Present present when present.isAnonymous() && !present.folio().isLarge() -> freePage(slot, present, tlb);
                case Pte.Present _, Pte.None _, Pte.Marker _, Pte.Migration _ -> { }
            }
        }
        tlb.finish();
    }

    private static void freePage(PteSlot slot, Pte.Present present, TlbGather tlb) {
        Folio folio = present.folio();
        if (!slot.getFolio(present)) {
            return;
        }
        if (folio.flags().readBits(Folio.SWAPCACHE | Folio.DIRTY) == 0 || becameClean(slot.mm().swap(), folio)) {
            slot.modify(pte -> pte.folio() == folio ? aged(slot.mm(), pte.without(Pte.Present.DIRTY)) : pte, tlb);
            folio.flags().setBits(Folio.LAZYFREE);
        }
        folio.put();
    }

    private static boolean becameClean(Swap swap, Folio folio) {
        if (!folio.lock().tryLock()) {
            return false;
        }
        boolean clean = folio.readMappings() == 1 && (folio.swap().isEmpty() || swap.freeSwap(folio));
        if (clean) {
            folio.flags().clearBits(Folio.DIRTY);
        }
        folio.lock().unlock();
        return clean;
    }
}
