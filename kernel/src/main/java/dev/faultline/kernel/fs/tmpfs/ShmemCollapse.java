package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.CollapsibleFile;
import dev.faultline.kernel.mm.FileCollapse;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.mm.ScanResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.machine.task.RetryLoop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Makes one huge page of the small ones of a file: mm/khugepaged.c, for shmem.
///
/// Which places have a page is looked at once, before they are gone through one by one, where Linux looks at each as it comes by:
/// a page that comes meanwhile ends the attempt, which in Linux may still take it along.
final class ShmemCollapse implements CollapsibleFile {
    private final ShmemInode inode;
    private final AddressSpace mapping;

    ShmemCollapse(ShmemInode inode) {
        this.inode = inode;
        this.mapping = inode.mapping();
    }

    @Override
    public Set<Folio> cachedPages(long first, long end) {
        Set<Folio> pages = new LinkedHashSet<>();
        for (long start = first; start < end; start += ShmemHuge.PAGES) {
            mapping.occupiedInHuge(start).forEach(index -> mapping.peek(index).ifPresent(pages::add));
        }
        return pages;
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "filemap_lock_folio")
    public Optional<Folio> lockFolio(long index) {
        RetryLoop loop = inode.node().machine().retryLoop("filemap_lock_folio");
        for (;;) {
            Optional<Folio> found = mapping.getFolio(index);
            if (found.isEmpty()) {
                return found;
            }
            found.get().lock().lock();
            if (Filemap.isPartOf(found.get(), mapping)) {
                return found;
            }
            release(found.get());
            loop.again();
        }
    }

    @Override
    @Models(file = "mm/khugepaged.c", symbol = "hpage_collapse_scan_file")
    public ScanResult collapse(long first, Predicate<Folio> isListed) {
        for (long index : mapping.occupiedInHuge(first)) {
            ScanResult result = scan(index, isListed);
            if (result != ScanResult.SUCCEED) {
                return result;
            }
        }
        return collapseFile(first, isListed);
    }

    private ScanResult scan(long index, Predicate<Folio> isListed) {
        Optional<Folio> found = mapping.look(index);
        if (found.isEmpty()) { // or in swap
            return ScanResult.SUCCEED;
        }
        Folio folio = found.get();
        return folio.isLarge() ? ScanResult.PTE_MAPPED_HUGEPAGE : !isListed.test(folio) ? ScanResult.PAGE_LRU
                : folio.readReferenceCount() != 1 + mapcount(folio) ? ScanResult.PAGE_COUNT : ScanResult.SUCCEED;
    }

    /// {@return how many entries map the page} Linux counts them as they come and go; here they are looked for, under
    /// `i_mmap_rwsem`.
    @Models(file = "include/linux/mm.h", symbol = "folio_mapcount")
    private int mapcount(Folio folio) {
        mapping.iMmapRwsem().downRead();
        int entries = (int) mapping.areas().stream().filter(vma -> {
            long address = vma.addressOf(folio.index());
            return address >= 0 && vma.mm().slot(address).maps(folio);
        }).count();
        mapping.iMmapRwsem().upRead();
        return entries;
    }

    /// Small pages that are locked and unmapped cannot come to be used again but through the cache, where whoever finds one
    /// waits for its lock.
    @Models(file = "mm/khugepaged.c", symbol = "collapse_file")
    private ScanResult collapseFile(long first, Predicate<Folio> isListed) {
        Optional<Folio> huge = inode.node().physical().allocateHuge("shmem");
        if (huge.isEmpty()) {
            return ScanResult.ALLOC_HUGE_PAGE_FAIL;
        }
        Folio head = huge.get();
        head.lock().lockUnpublished();
        List<Folio> small = new ArrayList<>();
        ScanResult result = isolate(first, small, isListed);
        if (result == ScanResult.SUCCEED) {
            result = replace(first, head, small);
        }
        if (result == ScanResult.SUCCEED) {
            FileCollapse.retractPageTables(mapping, first);
            head.lock().unlock();
            small.forEach(Folio::put); // the cache's reference
            result = ScanResult.PTE_MAPPED_HUGEPAGE;
        } else {
            head.lock().unlock();
            head.put();
        }
        small.forEach(ShmemCollapse::release);
        return result;
    }

    private static void release(Folio folio) {
        folio.lock().unlock();
        folio.put();
    }

    /// Locks the pages, with a reference each, and unmaps them.
    ///
    /// @param small those that are locked afterwards
    private ScanResult isolate(long first, List<Folio> small, Predicate<Folio> isListed) {
        List<Long> places = mapping.occupiedInHuge(first);
        if (places.isEmpty()) {
            return ScanResult.TRUNCATED;
        }
        for (long index : places) {
            ScanResult result = isolateAt(index, small, isListed);
            if (result != ScanResult.SUCCEED) {
                return result;
            }
        }
        return ScanResult.SUCCEED;
    }

    private ScanResult isolateAt(long index, List<Folio> small, Predicate<Folio> isListed) {
        RetryLoop loop = inode.node().machine().retryLoop("collapse_file");
        for (;;) {
            AddressSpace.Entry entry = mapping.getEntry(index);
            if (entry.isEmpty()) {
                return ScanResult.SUCCEED; // gone meanwhile
            }
            Optional<Folio> folio = entry.folio();
            if (folio.isEmpty() || folio.get().flags().readBits(Folio.UPTODATE) == 0) {
                folio.ifPresent(Folio::put);
                return inode.pages().getFolio(index, Shmem.Intent.NOALLOC) instanceof Shmem.Got.Page(Folio brought)
                        ? isolate(brought, small, _ -> true) : ScanResult.FAIL;
            }
            if (!folio.get().lock().tryLock()) {
                folio.get().put();
                return ScanResult.PAGE_LOCK;
            }
            if (Filemap.isPartOf(folio.get(), mapping)) {
                return isolate(folio.get(), small, isListed);
            }
            release(folio.get()); // Linux finds it and locks it at once
            loop.again();
        }
    }

    private ScanResult isolate(Folio folio, List<Folio> small, Predicate<Folio> isListed) {
        ScanResult result = folio.isLarge() ? ScanResult.PTE_MAPPED_HUGEPAGE
                : isListed.test(folio) ? ScanResult.SUCCEED : ScanResult.DEL_PAGE_LRU;
        if (result == ScanResult.SUCCEED) {
            Rmap.unmapMappingPages(mapping, folio.index(), folio.index());
            result = folio.readReferenceCount() == 2 ? ScanResult.SUCCEED : ScanResult.PAGE_COUNT;
        }
        if (result == ScanResult.SUCCEED) {
            small.add(folio);
        } else {
            release(folio);
        }
        return result;
    }

    /// Puts the huge page in the place of the small ones, with their bytes; holes become zeroes that are the file's.
    private ScanResult replace(long first, Folio head, List<Folio> small) {
        int holes = ShmemHuge.PAGES - small.size();
        if (holes > 0 && !charge(holes)) {
            return ScanResult.FAIL;
        }
        for (Folio folio : small) {
            folio.data().copyTo(head.page((int) (folio.index() - first)).data());
        }
        head.flags().pokeUnseen(Folio.UPTODATE | Folio.DIRTY);
        ScanResult result = holes == 0 ? filled(mapping.collapse(first, head, small)) : fillHoles(first, head, small);
        if (result != ScanResult.SUCCEED && holes > 0) {
            uncharge(holes);
        }
        return result;
    }

    /// A program that is to be told of pages that are missing would not be told of these any more.
    private ScanResult fillHoles(long first, Folio head, List<Folio> small) {
        mapping.iMmapRwsem().downRead();
        boolean isTold = mapping.areas().stream().anyMatch(vma -> vma.has(VmFlag.UFFD_MISSING) && overlaps(vma, first));
        boolean filled = isTold ? mapping.occupiedInHuge(first).size() != small.size() : !mapping.collapse(first, head, small);
        mapping.iMmapRwsem().upRead();
        return filled ? ScanResult.PAGE_FILLED : isTold ? ScanResult.EXCEED_NONE_PTE : ScanResult.SUCCEED;
    }

    private static ScanResult filled(boolean done) {
        return done ? ScanResult.SUCCEED : ScanResult.PAGE_FILLED;
    }

    /// Linux asks for the areas from the first page to the one behind the last.
    private static boolean overlaps(Vma vma, long first) {
        return vma.pageIndex(vma.start()) <= first + ShmemHuge.PAGES && vma.pageIndex(vma.end()) > first;
    }

    @Models(file = "mm/shmem.c", symbol = "shmem_charge")
    private boolean charge(int pages) {
        if (inode.blocks().acct(pages).isPresent()) {
            return false;
        }
        mapping.nrpages().add(pages);
        inode.blocks().recalc(pages, 0);
        return true;
    }

    @Models(file = "mm/shmem.c", symbol = "shmem_uncharge")
    private void uncharge(int pages) {
        mapping.nrpages().add(-pages);
        inode.blocks().recalc(0, 0);
    }
}
