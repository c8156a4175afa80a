package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Maps a huge page of a file that was made of small ones: the page tables' side of mm/khugepaged.c for shmem. What becomes of
/// the pages is for [CollapsibleFile].
public final class FileCollapse {
    private FileCollapse() {}

    static Optional<CollapsibleFile> pagesOf(Vma vma) {
        return vma.file().flatMap(file -> file.operations().collapsible());
    }

    /// {@return the pages of a range of addresses that are cached}
    static Set<Folio> cachedPages(Vma vma, long start, long end) {
        return pagesOf(vma).orElseThrow().cachedPages(vma.pageIndex(start), vma.pageIndex(end));
    }

    /// Makes a huge page for 2 MiB of an area, and maps it there. The caller holds `mmap_lock` for reading, which is given up.
    ///
    /// @param isSuitable whether an area may have it, once it was looked up again
    @Models(file = "mm/khugepaged.c", symbol = "hpage_collapse_scan_file")
    static ScanResult collapse(Vma vma, long address, Predicate<Folio> isListed, Predicate<Vma> isSuitable) {
        Mm mm = vma.mm();
        CollapsibleFile file = pagesOf(vma).orElseThrow();
        long first = vma.pageIndex(address);
        mm.mmapLock().upRead();
        ScanResult result = file.collapse(first, isListed);
        if (result == ScanResult.PTE_MAPPED_HUGEPAGE) {
            mm.mmapLock().downRead();
            result = mm.vmaLookup(address).filter(found -> pagesOf(found).isPresent() && isSuitable.test(found))
                    .map(found -> collapsePteMappedThp(found, address)).orElse(ScanResult.VMA_CHECK);
            mm.mmapLock().upRead();
        }
        return result;
    }

    /// Has one entry map a huge page that is there, in the place of a table. Called with `mmap_lock` held for reading.
    @Models(file = "mm/khugepaged.c", symbol = "collapse_pte_mapped_thp")
    private static ScanResult collapsePteMappedThp(Vma vma, long address) {
        PmdSlot pmd = vma.mm().pmd(address).orElseThrow();
        if (pmd.read() instanceof Pmd.Huge) {
            return ScanResult.PMD_MAPPED;
        }
        if (vma.has(VmFlag.UFFD_WP)) {
            return ScanResult.PTE_UFFD_WP;
        }
        Optional<Folio> found = pagesOf(vma).orElseThrow().lockFolio(vma.pageIndex(address));
        if (found.isEmpty()) {
            return ScanResult.PAGE_NULL;
        }
        Folio folio = found.get();
        ScanResult result = folio.isLarge() ? mapWhole(vma, pmd, folio.head()) : ScanResult.PAGE_COMPOUND;
        folio.lock().unlock();
        folio.put();
        return result;
    }

    private static ScanResult mapWhole(Vma vma, PmdSlot pmd, Folio head) {
        ScanResult cleared = switch (pmd.read()) {
            case Pmd.Huge _, Pmd.Marker _ -> ScanResult.PMD_MAPPED;
            case Pmd.None _ -> ScanResult.SUCCEED;
            case Pmd.Table _ -> clearTable(vma, pmd, head);
        };
        if (cleared != ScanResult.SUCCEED) {
            return cleared;
        }
        head.get();
        if (HugeFile.doSetPmd(vma, pmd.address(), head, false)) {
            return ScanResult.SUCCEED;
        }
        head.put();
        return ScanResult.FAIL;
    }

    /// Takes the table out if it maps pages of the huge one and nothing else. In between it is looked at twice, and before it
    /// is freed others may change it once more: not those who put pages of their own into a private area.
    private static ScanResult clearTable(Vma vma, PmdSlot pmd, Folio head) {
        for (PteSlot slot : pmd.entries(pmd.address(), pmd.address() + Thp.BYTES)) {
            ScanResult result = PmdSlot.check(slot.inTable(), head);
            if (result != ScanResult.SUCCEED) {
                return result;
            }
        }
        boolean atOnce = !vma.userfault().isEmpty() && !vma.has(VmFlag.SHARED);
        TlbGather tlb = new TlbGather(vma.mm());
        PmdSlot.Cleared cleared = pmd.clearPagesOf(head, atOnce, tlb);
        if (cleared.entries() > 0) {
            head.putMappings(cleared.entries());
        }
        if (cleared.result() == ScanResult.SUCCEED && !atOnce) {
            pmd.retract(() -> true);
        }
        tlb.finish();
        return cleared.result();
    }

    /// Takes tables out that map nothing, as the small pages of a huge one have been unmapped, so that faults map that as a
    /// whole. The caller has locked the huge page. Takes and drops `i_mmap_rwsem` for reading.
    ///
    /// What no page stands for goes with a table: an entry that was poisoned is forgotten.
    @Models(file = "mm/khugepaged.c", symbol = "retract_page_tables")
    public static void retractPageTables(Mapping mapping, long first) {
        mapping.iMmapRwsem().downRead();
        for (Vma vma : List.copyOf(mapping.areas())) {
            long address = vma.addressOf(first);
            boolean whole = address >= 0 && address % Thp.BYTES == 0 && address + Thp.BYTES <= vma.end();
            if (whole && !vma.hasAnonVma()) {
                retract(vma, vma.mm().pmd(address));
            }
        }
        mapping.iMmapRwsem().upRead();
    }

    private static void retract(Vma vma, Optional<PmdSlot> pmd) {
        if (pmd.isPresent() && pmd.get().read() instanceof Pmd.Table && !vma.has(VmFlag.UFFD_WP)) {
            pmd.get().retract(() -> !vma.hasAnonVma()); // a page may have been filled in meanwhile
        }
    }
}
