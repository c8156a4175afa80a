package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// Taking a range of a file's pages out (`shmem_undo_range`). The caller holds `i_rwsem` for writing, and has unmapped
/// the whole pages of the range.
///
/// Linux looks up to fifteen pages up at once, and locks them one after the other; here they go one by one.
final class ShmemTruncate {
    private final ShmemInode inode;
    private final AddressSpace mapping;
    private final long start;
    private final long end;
    private final long last;
    private long swapsFreed;

    /// From byte `start` (inclusive) to byte `end` (exclusive).
    ///
    /// @param last the last page that there may be
    private ShmemTruncate(ShmemInode inode, long start, long end, long last) {
        this.inode = inode;
        this.mapping = inode.mapping();
        this.start = start;
        this.end = end;
        this.last = last;
    }

    /// Takes everything from byte `start` on out. Does not end before it has found nothing.
    ///
    /// @param oldSizeBytes how long the file was
    @Models(file = "mm/shmem.c", symbol = "shmem_truncate_range")
    static void truncate(ShmemInode inode, long start, long oldSizeBytes) {
        long last = Math.max((oldSizeBytes - 1) / Content.SIZE, inode.mapping().lastIndex());
        new ShmemTruncate(inode, start, Long.MAX_VALUE, last).undo(true, true);
    }

    /// Takes the bytes from `start` (inclusive) to `end` (exclusive) out. What comes back meanwhile may stay.
    @Models(file = "mm/shmem.c", symbol = "shmem_truncate_range")
    static void punch(ShmemInode inode, long start, long end) {
        new ShmemTruncate(inode, start, end, Long.MAX_VALUE / Content.SIZE).undo(false, inode.holePunch().startsOver());
    }

    /// Takes out what an allocation of the pages from `start` (inclusive) to `end` (exclusive) that failed has made: what is
    /// not up to date.
    @Models(file = "mm/shmem.c", symbol = "shmem_undo_range")
    static void unfalloc(ShmemInode inode, long start, long end) {
        AddressSpace mapping = inode.mapping();
        for (long index = mapping.nextIndex(start); index < end; index = mapping.nextIndex(index + 1)) {
            mapping.getFolio(index).ifPresent(folio -> unfalloc(mapping, folio));
        }
        inode.blocks().recalc(0, 0);
    }

    private static void unfalloc(AddressSpace mapping, Folio folio) {
        folio.lock().lock();
        if (Filemap.isPartOf(folio, mapping) && folio.flags().readBits(Folio.UPTODATE) == 0) {
            Truncate.truncateInodeFolio(mapping, folio);
        }
        folio.lock().unlock();
        folio.put();
    }

    private long firstWhole() {
        return Content.pages(start);
    }

    private long lastWhole() {
        return end == Long.MAX_VALUE ? last : Math.min(end / Content.SIZE - 1, last);
    }

    @Models(file = "mm/shmem.c", symbol = "shmem_undo_range")
    private void undo(boolean truncates, boolean startsOver) {
        for (long index = mapping.nextIndex(firstWhole()); index <= lastWhole(); index = mapping.nextIndex(index + 1)) {
            AddressSpace.Entry entry = mapping.getEntry(index);
            entry.folio().ifPresent(this::truncateUnlessLocked);
            if (entry.swap().isPresent()) {
                freeSwap(index, entry.swap().get());
            }
        }
        truncatePartialFolio(start / Content.SIZE);
        if (!truncates && (end - 1) / Content.SIZE != start / Content.SIZE) {
            truncatePartialFolio((end - 1) / Content.SIZE);
        }
        RetryLoop loop = inode.node().machine().retryLoop("shmem_undo_range");
        while (truncateWholeFolios() && startsOver) {
            loop.again();
        }
        inode.blocks().recalc(0, -swapsFreed);
    }

    private void truncateUnlessLocked(Folio folio) {
        if (folio.lock().tryLock()) {
            if (Filemap.isPartOf(folio, mapping)) {
                Truncate.truncateInodeFolio(mapping, folio);
            }
            folio.lock().unlock();
        }
        folio.put();
    }

    private boolean freeSwap(long index, SwapEntry entry) {
        boolean freed = inode.swap().free(index, entry);
        swapsFreed += freed ? 1 : 0;
        return freed;
    }

    /// {@return whether there was any page}
    private boolean truncateWholeFolios() {
        boolean found = false;
        for (long index = mapping.nextIndex(firstWhole()); index <= lastWhole(); index = mapping.nextIndex(index + 1)) {
            found |= truncateWhole(index);
        }
        return found;
    }

    /// A page that has gone to swap meanwhile, or has come from there, is looked at again.
    ///
    /// @return whether there was a page
    private boolean truncateWhole(long index) {
        RetryLoop loop = inode.node().machine().retryLoop("shmem_undo_range, one page");
        AddressSpace.Entry entry = mapping.getEntry(index);
        while (!entry.isEmpty() && !truncate(index, entry)) {
            loop.again();
            entry = mapping.getEntry(index);
            if (entry.isEmpty()) {
                return true;
            }
        }
        return !entry.isEmpty();
    }

    /// {@return whether it was still there}
    private boolean truncate(long index, AddressSpace.Entry entry) {
        if (entry.folio().isEmpty()) {
            return freeSwap(index, entry.swap().orElseThrow());
        }
        Folio folio = entry.folio().get();
        folio.lock().lock();
        boolean part = Filemap.isPartOf(folio, mapping);
        if (part) {
            Truncate.truncateInodeFolio(mapping, folio);
        }
        folio.lock().unlock();
        folio.put();
        return part;
    }

    /// Zeroes what lies in the range of a page that the range may cover in part.
    private void truncatePartialFolio(long index) {
        Optional<Folio> found = getPartialFolio(index);
        if (found.isEmpty()) {
            return;
        }
        Folio folio = found.get();
        folio.flags().setBits(Folio.DIRTY);
        truncateInodePartialFolio(folio, index);
        folio.lock().unlock();
        folio.put();
    }

    /// The page locked, even if it is behind the end of the file, or only allocated.
    @Models(file = "mm/shmem.c", symbol = "shmem_get_partial_folio")
    private Optional<Folio> getPartialFolio(long index) {
        AddressSpace.Entry entry = mapping.getEntry(index);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        if (entry.folio().isPresent()) {
            Folio folio = entry.folio().get();
            folio.lock().lock();
            if (Filemap.isPartOf(folio, mapping)) {
                return entry.folio();
            }
            folio.lock().unlock();
            folio.put();
        }
        return inode.pages().getFolio(index, Shmem.Intent.READ) instanceof Shmem.Got.Page(Folio page)
                ? Optional.of(page) : Optional.empty();
    }

    @Models(file = "mm/truncate.c", symbol = "truncate_inode_partial_folio")
    private void truncateInodePartialFolio(Folio folio, long index) {
        int from = (int) Math.max(start - index * Content.SIZE, 0);
        int to = (int) Math.min(end - index * Content.SIZE, Content.SIZE);
        Writeback.waitForFolio(folio);
        if (to - from == Content.SIZE) {
            Truncate.truncateInodeFolio(mapping, folio);
        } else {
            folio.data().zero(from, to - from);
        }
    }
}
