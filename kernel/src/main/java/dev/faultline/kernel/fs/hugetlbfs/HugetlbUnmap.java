package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.HugePte;
import dev.faultline.kernel.mm.HugetlbOperations.Markers;
import dev.faultline.kernel.mm.Mapping;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TlbGather;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;
import java.util.Optional;

/// Takes huge pages out of page tables: mm/hugetlb.c. The caller holds `i_mmap_rwsem` of the file for writing, and the lock of
/// the area if it has one.
final class HugetlbUnmap {
    private HugetlbUnmap() {}

    /// Removes the entries of a range. What was promised for a page of its own is promised again to an area with promises.
    ///
    /// @param tlb flushes the translations, and gives the pages back, later
    @Models(file = "mm/hugetlb.c", symbol = "__unmap_hugepage_range")
    static void unmapHugepageRange(TlbGather tlb, Vma vma, long start, long end, Markers markers) {
        HugetlbVma area = HugetlbVma.of(vma);
        for (long address = start; address < end; address += HugetlbInode.BYTES) {
            Pte old = HugePte.at(vma.mm(), address).clear(pte -> left(pte, markers), tlb);
            if (old instanceof Pte.Present page) {
                if (area.isOwner() && page.isAnonymous()) {
                    area.reserve().restoreOnUnmap(HugetlbVma.index(vma, address), page.folio());
                }
                tlb.removeHugetlb(page.folio());
            }
        }
    }

    private static Pte left(Pte old, Markers markers) {
        boolean isProtected = old instanceof Pte.Present page ? page.uffdWp() : old == Pte.Marker.UFFD_WP;
        return isProtected && markers == Markers.STAY ? Pte.Marker.UFFD_WP : Pte.NONE;
    }

    /// As [#unmapHugepageRange]; translations are flushed, and the pages given back.
    @Models(file = "mm/hugetlb.c", symbol = "unmap_hugepage_range")
    private static void unmapNow(Vma vma, long start, long end, Markers markers) {
        TlbGather tlb = new TlbGather(vma.mm());
        unmapHugepageRange(tlb, vma, start, end, markers);
        tlb.finish();
    }

    /// Takes a page from the other private areas that have it at an address and to which nothing was promised: they fail from
    /// now on where they have no page. Takes and drops `i_mmap_rwsem` for writing.
    @Models(file = "mm/hugetlb.c", symbol = "unmap_ref_private")
    static void unmapRefPrivate(Vma owner, Folio folio, long address) {
        Mapping mapping = owner.file().orElseThrow().mapping();
        mapping.iMmapRwsem().downWrite();
        for (Vma vma : List.copyOf(mapping.areas())) {
            boolean has = vma.addressOf(owner.pageIndex(address)) >= 0;
            if (has && !isSame(vma, owner) && !vma.has(VmFlag.SHARED) && !HugetlbVma.of(vma).isOwner()) {
                rob(vma, folio, address);
            }
        }
        mapping.iMmapRwsem().upWrite();
    }

    private static boolean isSame(Vma one, Vma other) {
        return one.mm() == other.mm() && one.start() == other.start();
    }

    private static void rob(Vma vma, Folio folio, long address) {
        TlbGather tlb = new TlbGather(vma.mm());
        boolean had = HugePte.at(vma.mm(), address).clearMarked(folio, HugetlbVma.of(vma).robbed(),
                pte -> left(pte, Markers.STAY), tlb);
        if (had) {
            folio.removeRmap();
            tlb.removeHugetlb(folio);
        }
        tlb.finish();
    }

    /// Unmaps pages of a file wherever they are mapped, those that private areas made of them too. An area whose lock somebody
    /// has is left alone: a fault there may bring its page back in any case, and who takes the page out sees to it then.
    ///
    /// @param first the first page, as a number of small pages
    /// @param end   behind the last one
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlb_vmdelete_list")
    static void vmdeleteList(Mapping mapping, long first, long end, Markers markers) {
        for (Vma vma : List.copyOf(mapping.areas())) {
            long from = Math.max(vma.start(), addressOf(vma, first));
            long to = Math.min(vma.end(), end == Long.MAX_VALUE ? vma.end() : addressOf(vma, end));
            if (from < to && HugetlbVma.of(vma).trylockWrite()) {
                unmapNow(vma, from, to, markers);
                HugetlbVma.of(vma).unlockWrite();
            }
        }
    }

    /// {@return where a page would be mapped, inside the area or not}
    private static long addressOf(Vma vma, long index) {
        return vma.start() + (index - vma.pageIndex(vma.start()) << 12);
    }

    /// Unmaps a page of a file wherever it is mapped. The caller holds the mutex of its faults, so that nobody maps it again.
    /// Takes and drops `i_mmap_rwsem` for writing.
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlb_unmap_file_folio")
    static void unmapFileFolio(HugetlbInode inode, Folio folio) {
        Mapping mapping = inode.mapping();
        mapping.iMmapRwsem().downWrite();
        RetryLoop loop = inode.node().machine().retryLoop("hugetlb_unmap_file_folio");
        Optional<Vma> busy = unmapWhereFree(mapping, folio);
        while (busy.isPresent()) {
            HugetlbVma area = HugetlbVma.of(busy.get());
            mapping.iMmapRwsem().upWrite(); // to take the locks in order
            area.lockWrite();
            mapping.iMmapRwsem().downWrite();
            if (mapping.areas().contains(busy.get())) {
                unmapIfMapped(busy.get(), folio);
            }
            area.unlockWrite();
            loop.again();
            busy = unmapWhereFree(mapping, folio);
        }
        mapping.iMmapRwsem().upWrite();
    }

    /// {@return the first area that maps the page and has a lock that is not free; before it, the page is unmapped}
    private static Optional<Vma> unmapWhereFree(Mapping mapping, Folio folio) {
        for (Vma vma : List.copyOf(mapping.areas())) {
            long address = vma.addressOf(folio.index());
            if (address < 0 || !maps(vma, address, folio)) {
                continue;
            }
            HugetlbVma area = HugetlbVma.of(vma);
            if (!area.trylockWrite()) {
                return Optional.of(vma);
            }
            unmapNow(vma, address, address + HugetlbInode.BYTES, Markers.GO);
            area.unlockWrite();
        }
        return Optional.empty();
    }

    private static void unmapIfMapped(Vma vma, Folio folio) {
        long address = vma.addressOf(folio.index());
        if (maps(vma, address, folio)) {
            unmapNow(vma, address, address + HugetlbInode.BYTES, Markers.GO);
        }
    }

    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlb_vma_maps_pfn")
    private static boolean maps(Vma vma, long address, Folio folio) {
        return HugePte.at(vma.mm(), address).read() instanceof Pte.Present page && page.folio() == folio;
    }
}
