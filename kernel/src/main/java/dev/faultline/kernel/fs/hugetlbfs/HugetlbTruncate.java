package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.HugetlbOperations.Markers;
import java.util.Optional;

/// Takes pages out of a file: fs/hugetlbfs/inode.c. The caller holds `i_rwsem` for writing, or nobody else can reach the file.
final class HugetlbTruncate {
    private final HugetlbInode inode;

    HugetlbTruncate(HugetlbInode inode) {
        this.inode = inode;
    }

    /// Makes the file that long, of whole huge pages.
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlb_vmtruncate")
    void vmtruncate(long sizeBytes) {
        inode.mapping().iSize().write(sizeBytes);
        inode.mapping().iMmapRwsem().downWrite();
        long first = sizeBytes / HugetlbInode.BYTES;
        HugetlbUnmap.vmdeleteList(inode.mapping(), first * HugetlbInode.PAGES, Long.MAX_VALUE, Markers.GO);
        inode.mapping().iMmapRwsem().upWrite();
        truncatePages(first);
    }

    /// Takes everything out: the file is gone.
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_evict_inode")
    void evict() {
        truncatePages(0);
    }

    /// Promises for all that lies behind are given back at the end, those whose pages went with the pages.
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "remove_inode_hugepages")
    private void truncatePages(long first) {
        int freed = 0;
        for (long index = first; index <= lastIndex(); index++) {
            freed += removePage(index, Removal.TRUNCATE) ? 1 : 0;
        }
        unreservePages(first, Long.MAX_VALUE, freed);
    }

    private long lastIndex() {
        return inode.mapping().lastIndex() / HugetlbInode.PAGES;
    }

    /// Takes the whole huge pages of a range out, and zeroes parts of pages at either end.
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_punch_hole")
    void punchHole(long start, long end) {
        long first = (start + HugetlbInode.BYTES - 1) / HugetlbInode.BYTES;
        long last = end / HugetlbInode.BYTES;
        inode.mapping().iMmapRwsem().downWrite();
        if (start < first * HugetlbInode.BYTES) {
            zeroPartialPage(start, Math.min(end, first * HugetlbInode.BYTES));
        }
        if (last > first) {
            HugetlbUnmap.vmdeleteList(inode.mapping(), first * HugetlbInode.PAGES, last * HugetlbInode.PAGES, Markers.STAY);
        }
        if (end > last * HugetlbInode.BYTES && end > first * HugetlbInode.BYTES) {
            zeroPartialPage(last * HugetlbInode.BYTES, end);
        }
        inode.mapping().iMmapRwsem().upWrite();
        for (long index = first; index < last && index <= lastIndex(); index++) {
            removePage(index, Removal.PUNCH);
        }
    }

    /// Bytes of one huge page become zeroes. The caller holds `i_mmap_rwsem`.
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_zero_partial_page")
    private void zeroPartialPage(long start, long end) {
        Optional<Folio> folio = inode.lockFolio(start / HugetlbInode.BYTES);
        if (folio.isPresent()) {
            folio.get().zeroRange(start % HugetlbInode.BYTES, end - start);
            folio.get().lock().unlock();
            folio.get().put();
        }
    }

    /// Why a page is taken out: who truncates forgets at the end what is noted of all, who punches a hole of each.
    private enum Removal { TRUNCATE, PUNCH }

    /// Takes a page out of the file, if it has one. A fault may have mapped it since it was unmapped; now none can.
    ///
    /// @return whether it had
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "remove_inode_single_folio")
    private boolean removePage(long index, Removal removal) {
        Optional<Folio> found = inode.mapping().getFolio(index * HugetlbInode.PAGES);
        if (found.isEmpty()) {
            return false;
        }
        Folio folio = found.get();
        inode.faultMutex(index).lock();
        if (folio.readMappings() > 0) {
            HugetlbUnmap.unmapFileFolio(inode, folio);
        }
        folio.lock().lock();
        folio.flags().clearBits(Folio.DIRTY | Folio.UPTODATE);
        inode.mapping().remove(folio);
        folio.put(); // the cache's
        if (removal == Removal.PUNCH) {
            unreservePages(index, index + 1, 1);
        }
        folio.lock().unlock();
        inode.faultMutex(index).unlock();
        folio.put();
        return true;
    }

    /// Forgets what is noted of the pages of a range, and gives the promises back of those that had no page.
    ///
    /// @param freed how many had
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_unreserve_pages")
    private void unreservePages(long start, long end, int freed) {
        long noted = inode.resvMap().del(start, end);
        inode.pool().acctMemory(freed - noted);
    }
}
