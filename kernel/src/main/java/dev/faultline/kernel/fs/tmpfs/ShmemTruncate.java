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
    private long swapsFreed;

    /// The pages that go as a whole; fewer once a huge page that could not be split has kept some of them.
    private long firstWhole;

    private long lastWhole;

    /// From byte `start` (inclusive) to byte `end` (exclusive).
    ///
    /// @param last the last page that there may be
    private ShmemTruncate(ShmemInode inode, long start, long end, long last) {
        this.inode = inode;
        this.mapping = inode.mapping();
        this.start = start;
        this.end = end;
        this.firstWhole = Content.pages(start);
        this.lastWhole = end == Long.MAX_VALUE ? last : Math.min(end / Content.SIZE - 1, last);
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
    /// not up to date. A huge page that begins before `start` is split, and its parts are looked at one by one.
    @Models(file = "mm/shmem.c", symbol = "shmem_undo_range")
    static void unfalloc(ShmemInode inode, long start, long end) {
        AddressSpace mapping = inode.mapping();
        for (long index = mapping.nextEntry(start); index < end; index = mapping.nextEntry(index)) {
            Optional<Folio> folio = mapping.getFolio(index);
            boolean split = folio.isPresent() && unfalloc(inode, folio.get(), start);
            index = split ? index : folio.map(Folio::nextIndex).orElse(index + 1);
        }
        inode.blocks().recalc(0, 0);
    }

    /// {@return whether it was split}
    private static boolean unfalloc(ShmemInode inode, Folio folio, long start) {
        Folio head = folio.head();
        head.lock().lock();
        boolean undone = Filemap.isPartOf(folio, inode.mapping()) && folio.flags().readBits(Folio.UPTODATE) == 0;
        boolean split = undone && head.index() < start && inode.huge().split(inode, head);
        if (undone && head.index() >= start) {
            Truncate.truncateInodeFolio(inode.mapping(), head);
        }
        head.lock().unlock();
        folio.put();
        return split;
    }

    @Models(file = "mm/shmem.c", symbol = "shmem_undo_range")
    private void undo(boolean truncates, boolean startsOver) {
        forgetFallocated();
        for (long index = mapping.nextEntry(firstWhole); index <= lastWhole; index = mapping.nextEntry(index + 1)) {
            AddressSpace.Entry entry = mapping.getEntry(index);
            index = entry.folio().map(Folio::nextIndex).orElse(index + 1) - 1;
            entry.folio().ifPresent(this::truncateUnlessLocked);
            if (entry.swap().isPresent()) {
                freeSwap(index, entry.swap().get());
            }
        }
        long behind = truncatePartialFolio(start / Content.SIZE);
        if (!truncates && (end - 1) / Content.SIZE >= behind) {
            truncatePartialFolio((end - 1) / Content.SIZE);
        }
        RetryLoop loop = inode.node().machine().retryLoop("shmem_undo_range");
        while (truncateWholeFolios() && startsOver) {
            loop.again();
        }
        inode.blocks().recalc(0, -swapsFreed);
    }

    /// What fallocate(2) made behind the end of the file is of use no longer.
    private void forgetFallocated() {
        if (inode.huge().isOn()) {
            long kept = inode.fallocend().read();
            if (kept > firstWhole && (end == Long.MAX_VALUE || kept <= end / Content.SIZE)) {
                inode.fallocend().write(firstWhole);
            }
        }
    }

    /// {@return whether all pages of it go}
    private boolean goesWhole(Folio folio) {
        return folio.head().index() >= firstWhole && (end == Long.MAX_VALUE || folio.nextIndex() - 1 <= lastWhole);
    }

    private void truncateUnlessLocked(Folio folio) {
        if (goesWhole(folio) && folio.lock().tryLock()) {
            if (Filemap.isPartOf(folio, mapping)) {
                Truncate.truncateInodeFolio(mapping, folio.head());
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
        for (long index = mapping.nextEntry(firstWhole); index <= lastWhole; index = mapping.nextEntry(index + 1)) {
            Visit visit = truncateWhole(index);
            found |= visit.found;
            index = visit.next - 1;
        }
        return found;
    }

    /// @param found whether there was a page
    /// @param next  where to go on
    private record Visit(boolean found, long next) {}

    /// A page that has gone to swap meanwhile, or has come from there, is looked at again, and so are parts of a huge one that
    /// was split.
    private Visit truncateWhole(long index) {
        RetryLoop loop = inode.node().machine().retryLoop("shmem_undo_range, one page");
        AddressSpace.Entry entry = mapping.getEntry(index);
        boolean found = !entry.isEmpty();
        while (!entry.isEmpty() && !truncate(index, entry)) {
            loop.again();
            entry = mapping.getEntry(index);
        }
        return new Visit(found, entry.folio().map(Folio::nextIndex).orElse(index + 1));
    }

    /// {@return whether it was still there}
    private boolean truncate(long index, AddressSpace.Entry entry) {
        if (entry.folio().isEmpty()) {
            return freeSwap(index, entry.swap().orElseThrow());
        }
        Folio folio = entry.folio().get();
        folio.lock().lock();
        boolean part = Filemap.isPartOf(folio, mapping);
        boolean gone = part;
        if (part && folio.isLarge()) {
            gone = truncateHuge(folio.head()) != Huge.SPLIT;
        } else if (part) {
            Truncate.truncateInodeFolio(mapping, folio);
        }
        folio.lock().unlock();
        folio.put();
        return gone;
    }

    /// Zeroes what lies in the range of a page that the range may cover in part, or of a huge one, which is split.
    ///
    /// @return the index of the page behind that
    private long truncatePartialFolio(long index) {
        Optional<Folio> found = getPartialFolio(index);
        if (found.isEmpty()) {
            return index + 1;
        }
        Folio folio = found.get();
        long behind = folio.nextIndex();
        folio.flags().setBits(Folio.DIRTY);
        if (!folio.isLarge()) {
            truncateInodePartialFolio(folio, index);
        } else if (truncateHuge(folio.head()) == Huge.ZEROED) {
            keep(folio.head());
        }
        folio.lock().unlock();
        folio.put();
        return behind;
    }

    /// The pages of one that could not be split stay.
    private void keep(Folio head) {
        if (head.index() < firstWhole) {
            firstWhole = Math.max(firstWhole, head.nextIndex());
        } else {
            lastWhole = Math.min(lastWhole, head.index() - 1);
        }
    }

    /// What became of a huge page.
    private enum Huge { GONE, SPLIT, ZEROED }

    /// Takes a huge page out if all of it lies in the range; else zeroes what does, and splits it if that can be, so that
    /// pages of it can go. The page is locked.
    @Models(file = "mm/truncate.c", symbol = "truncate_inode_partial_folio")
    private Huge truncateHuge(Folio head) {
        long pos = head.index() * Content.SIZE;
        long from = Math.max(start - pos, 0);
        long to = Math.min(end - pos, ShmemHuge.PAGES * (long) Content.SIZE);
        Writeback.waitForFolio(head);
        if (to - from == ShmemHuge.PAGES * (long) Content.SIZE) {
            Truncate.truncateInodeFolio(mapping, head);
            return Huge.GONE;
        }
        head.zeroRange(from, to - from);
        if (inode.huge().split(inode, head)) {
            return Huge.SPLIT;
        }
        if (head.flags().readBits(Folio.DIRTY) != 0) {
            return Huge.ZEROED;
        }
        Truncate.truncateInodeFolio(mapping, head);
        return Huge.GONE;
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
