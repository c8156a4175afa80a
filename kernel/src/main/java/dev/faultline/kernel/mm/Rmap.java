package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/// From pages of a file to the entries that map them (mm/rmap.c, mm/memory.c).
public final class Rmap {
    private Rmap() {}

    /// Removes every entry that maps pages `first` to `last` (inclusive) of the file; copies that private
    /// mappings made stay. Takes and drops `i_mmap_rwsem` for reading.
    @Models(file = "mm/memory.c", symbol = "unmap_mapping_pages")
    public static void unmapMappingPages(Mapping mapping, long first, long last) {
        unmapMappingPages(mapping, first, last, Copies.STAY);
    }

    /// What becomes of the copies that private mappings made.
    private enum Copies { STAY, GO }

    /// Removes every entry that maps pages `first` to `last` (inclusive), the copies that private mappings made of
    /// them too: the file is truncated (`even_cows`). Takes and drops `i_mmap_rwsem` for reading.
    @Models(file = "mm/memory.c", symbol = "unmap_mapping_range")
    public static void unmapMappingRange(Mapping mapping, long first, long last) {
        unmapMappingPages(mapping, first, last, Copies.GO);
    }

    private static void unmapMappingPages(Mapping mapping, long first, long last, Copies copies) {
        mapping.iMmapRwsem().downRead();
        for (Vma vma : mapping.areas()) {
            long from = Math.max(vma.start(), firstAddress(vma, first));
            TlbGather tlb = new TlbGather(vma.mm());
            HugeMemory.each(vma.mm(), from, endAddress(vma, last), huge -> huge.clear(tlb).ifPresent(pte -> drop(mapping, pte, tlb)));
            for (PteSlot slot : places(vma.mm(), from, endAddress(vma, last))) {
                zapPte(mapping, vma, slot, copies, tlb);
            }
            tlb.finish();
        }
        mapping.iMmapRwsem().upRead();
    }

    private static long firstAddress(Vma vma, long first) {
        return vma.start() + (first - vma.pageIndex(vma.start()) << 12);
    }

    /// {@return the places in a range; where there may be huge pages, those of a table at which something is, found in one step}
    private static List<PteSlot> places(Mm mm, long start, long end) {
        return mm.thp() == Thp.NEVER ? LongStream.iterate(start, at -> at < end, at -> at + Content.SIZE).mapToObj(mm::slot).toList()
                : mm.walk(start, end);
    }

    /// {@return behind the last address of the area at which page `last` is, or one before it}
    private static long endAddress(Vma vma, long last) {
        return vma.pageIndex(vma.end()) - 1 <= last ? vma.end() : firstAddress(vma, last + 1);
    }

    private static void zapPte(Mapping mapping, Vma vma, PteSlot slot, Copies copies, TlbGather tlb) {
        slot.clearIf(pte -> isMeant(pte, copies), pte -> outlasting(vma, pte), tlb).ifPresent(pte -> {
            switch (pte) {
                case Pte.Present present -> drop(mapping, present, tlb);
                case Pte.Swap swap -> slot.mm().swap().freeSwapAndCache(swap.entry());
                case Pte.Marker _, Pte.Migration _ -> { }
                case Pte.None _ -> throw new AssertionError("nothing to remove");
            }
        });
    }

    /// {@return what stays of an entry whose page is taken away, but not its area} That a program wants to be told of
    /// writes to a page of a file outlasts the page; the program would not know that it is gone.
    @Models(file = "include/linux/mm_inline.h", symbol = "pte_install_uffd_wp_if_needed")
    private static Pte outlasting(Vma vma, Pte old) {
        boolean isProtected = switch (old) {
            case Pte.Present present -> present.uffdWp();
            case Pte.Swap swap -> swap.uffdWp();
            case Pte.Migration migration -> migration.was().uffdWp();
            case Pte.Marker marker -> marker == Pte.Marker.UFFD_WP;
            case Pte.None _ -> false;
        };
        return isProtected && !vma.isAnonymous() && vma.has(VmFlag.UFFD_WP) ? Pte.Marker.UFFD_WP : Pte.NONE;
    }

    private static boolean isMeant(Pte pte, Copies copies) {
        return switch (pte) {
            // The page of zeroes counts as no page: it goes in any case.
            case Pte.Present present -> copies == Copies.GO || !present.isAnonymous();
            case Pte.Migration(Pte.Present was) -> copies == Copies.GO || !was.isAnonymous();
            case Pte.Swap _ -> copies == Copies.GO;
            case Pte.Marker marker -> copies == Copies.GO && marker == Pte.Marker.POISONED;
            case Pte.None _ -> false;
        };
    }

    private static void drop(Mapping mapping, Pte.Present present, TlbGather tlb) {
        if (present.special()) {
            return;
        }
        if (present.dirty() && !present.isAnonymous()) {
            mapping.dirtyFolio(present.folio());
        }
        tlb.removePage(present.folio());
    }

    /// Write-protects and cleans every entry that maps the folio, so that the next write faults again.
    /// The caller holds the folio lock. Takes and drops `i_mmap_rwsem` for reading.
    ///
    /// @return whether it had been written through one of them
    @Models(file = "mm/rmap.c", symbol = "folio_mkclean")
    public static boolean folioMkclean(Mapping mapping, Folio folio) {
        boolean dirty = false;
        mapping.iMmapRwsem().downRead();
        for (Vma vma : mapping.areas()) {
            long address = vma.addressOf(folio.index());
            if (address >= 0 && vma.has(VmFlag.SHARED)) {
                dirty |= vma.mm().slot(address).cleanAndProtect(folio);
            }
        }
        mapping.iMmapRwsem().upRead();
        return dirty;
    }

    /// {@return whether an entry maps the page of the file (`folio_mapped`); no step: it is locked}
    public static boolean isMapped(Mapping mapping, Folio folio) {
        return folio.isLarge() ? folio.knownPages().values().stream().anyMatch(page -> isPageMapped(mapping, page))
                : isPageMapped(mapping, folio);
    }

    private static boolean isPageMapped(Mapping mapping, Folio folio) {
        return mapping.peekAreas().stream().anyMatch(vma -> {
            long address = vma.addressOf(folio.index());
            return address >= 0 && vma.mm().slot(address).peek() instanceof Pte.Present pte && pte.folio() == folio;
        });
    }

    /// Removes all entries of an area (`zap_page_range_single`). The caller holds `mmap_lock`.
    @Models(file = "mm/memory.c", symbol = "unmap_vmas")
    public static void unmapVma(Vma vma) {
        if (vma.hugetlb().isPresent()) {
            vma.hugetlb().get().unmapRange(vma, vma.start(), vma.end(), HugetlbOperations.Markers.GO);
            return;
        }
        zap(vma, vma.start(), vma.end(), Mm::slots, _ -> Pte.NONE);
    }

    /// Removes all entries of a part of an area. The caller holds `mmap_lock`.
    @Models(file = "mm/memory.c", symbol = "zap_page_range_single")
    static void unmapRange(Vma vma, long start, long end) {
        if (vma.hugetlb().isPresent()) {
            vma.hugetlb().get().unmapRange(vma, start, end, HugetlbOperations.Markers.STAY);
            return;
        }
        zap(vma, start, end, Mm::walk, pte -> outlasting(vma, pte));
        reclaimTables(vma.mm(), start, end);
    }

    /// Frees the tables that lie wholly in a range and are empty.
    @Models(file = "mm/pt_reclaim.c", symbol = "try_to_free_pte")
    private static void reclaimTables(Mm mm, long start, long end) {
        for (PmdSlot pmd : mm.pmds(start, end)) {
            if (start <= pmd.address() && pmd.address() + Thp.BYTES <= end) {
                pmd.freeTable();
            }
        }
    }

    private static void zap(Vma vma, long start, long end, Walk walk, UnaryOperator<Pte> left) {
        TlbGather tlb = new TlbGather(vma.mm());
        if (!vma.mm().hasHugeEntries()) {
            for (PteSlot slot : walk.slots(vma.mm(), start, end)) {
                dropZapped(vma, slot.getAndClear(left, tlb), tlb);
            }
        } else {
            zapPmdRange(vma, start, end, left, tlb);
        }
        tlb.finish();
    }

    /// How the places of a range are found.
    private interface Walk {
        List<PteSlot> slots(Mm mm, long start, long end);
    }

    @Models(file = "mm/memory.c", symbol = "zap_pmd_range")
    private static void zapPmdRange(Vma vma, long start, long end, UnaryOperator<Pte> left, TlbGather tlb) {
        for (PmdSlot pmd : vma.mm().pmds(start, end)) {
            long from = Math.max(start, pmd.address());
            long to = Math.min(end, pmd.address() + Thp.BYTES);
            HugeMemory.each(vma.mm(), from, to, huge -> huge.clear(tlb).ifPresent(first -> dropZapped(vma, first, tlb)));
            pmd.clearTable(from, to, left, tlb).forEach(old -> dropZapped(vma, old, tlb));
        }
    }

    private static void dropZapped(Vma vma, Pte old, TlbGather tlb) {
        if (old instanceof Pte.Swap swap) {
            vma.mm().swap().freeSwapAndCache(swap.entry());
        } else if (old instanceof Pte.Present present && !present.special()) {
            if (present.dirty() && !present.isAnonymous()) {
                vma.file().ifPresent(file -> file.mapping().dirtyFolio(present.folio()));
            }
            tlb.removePage(present.folio());
        }
    }
}
