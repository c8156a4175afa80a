package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.ArrayList;
import java.util.List;

/// Entries that were removed or restricted, whose translations are flushed together, and pages that are given
/// back after that (`struct mmu_gather`).
public final class TlbGather {
    private final TlbFlush how;
    private final Swap swap;
    private final List<Translated> places = new ArrayList<>();
    private final List<Folio> pages = new ArrayList<>();
    private final List<Folio> hugetlb = new ArrayList<>();

    /// For entries of that address space.
    public TlbGather(Mm mm) {
        this.how = mm.tlbFlush();
        this.swap = mm.swap();
    }

    /// Some processor may go on using what was there.
    void flushLater(Translated place) {
        places.add(place);
    }

    /// The reference of an entry is to be given back.
    @Models(file = "mm/mmu_gather.c", symbol = "__tlb_remove_page")
    void removePage(Folio folio) {
        pages.add(folio);
    }

    /// The reference of an entry is to be given back that mapped a huge page of the pool, and is not counted as one that does.
    @Models(file = "include/asm-generic/tlb.h", symbol = "tlb_remove_page_size")
    public void removeHugetlb(Folio folio) {
        hugetlb.add(folio);
    }

    @Models(file = "mm/swap_state.c", symbol = "free_pages_and_swap_cache")
    private void freePageAndSwapCache(Folio folio) {
        if (swap.isOn() && !folio.isFileBacked()) {
            folio.get();
            folio.putMapping();
            swap.freeCached(folio);
            folio.put();
        } else {
            folio.putMapping();
        }
    }

    /// Flushes the translations, and gives the pages back. A step for each.
    @Models(file = "mm/mmu_gather.c", symbol = "tlb_finish_mmu")
    public void finish() {
        how.flushRange(places);
        hugetlb.forEach(Folio::put);
        for (int i = 0; i < pages.size(); ) {
            i += pages.get(i).isLarge() ? putLarge(i) : putSmall(i);
        }
    }

    private int putSmall(int i) {
        freePageAndSwapCache(pages.get(i));
        return 1;
    }

    /// {@return how many pages of the same huge one were given back}
    private int putLarge(int first) {
        Folio head = pages.get(first).head();
        int end = first;
        while (end < pages.size() && pages.get(end).head() == head) {
            end++;
        }
        head.putMappings(end - first);
        return end - first;
    }
}
