package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// fallocate(2) on one file. Everything but [#fallocate] is called with `i_rwsem` and `i_mmap_lock` held for writing, which
/// keeps pages of mappings from being made writable, but not from being read in.
final class BtrfsFallocate {
    private static final int KNOWN =
            Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_ZERO_RANGE;

    private final BtrfsInode inode;
    private final AddressSpace mapping;

    BtrfsFallocate(BtrfsInode inode) {
        this.inode = inode;
        this.mapping = inode.mapping();
    }

    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_fallocate")
    Optional<Errno> fallocate(int mode, long offset, long lengthBytes) {
        if ((mode & ~KNOWN) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        long end = offset + lengthBytes;
        inode.iRwsem().downWrite();
        inode.iMmapLock().downWrite();
        Optional<Errno> error = Optional.empty();
        if ((mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0) {
            waitOrderedRange(offset, end);
            punch(offset, end);
        } else {
            error = allocate(mode, offset, end);
        }
        inode.delayedUpdate();
        inode.iMmapLock().upWrite();
        inode.iRwsem().upWrite();
        return error;
    }

    private Optional<Errno> allocate(int mode, long start, long end) {
        long before = mapping.iSize().read();
        if (end > before && before % Content.SIZE != 0) {
            inode.file().zeroPart(before, (int) (Content.SIZE - before % Content.SIZE));
        }
        waitOrderedRange(start / Content.SIZE * Content.SIZE, Content.pages(end) * Content.SIZE);
        if (!DiskInode.fits(start / Content.SIZE, Content.pages(end))) {
            return Optional.of(Errno.ENOSPC);
        }
        if ((mode & Fcntl.FALLOC_FL_ZERO_RANGE) != 0) {
            zeroRange(start, end);
        } else {
            long first = start / Content.SIZE;
            long last = Content.pages(end) - 1;
            inode.extentLock().lock(first, last);
            preallocate(first, last, false);
            inode.extentLock().unlock(first, last);
        }
        if ((mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0) {
            inode.extendTo(end);
        }
        return Optional.empty();
    }

    /// Parts of blocks that hold data are zeroed in the cache; what is left is made anew.
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_zero_range")
    private void zeroRange(long start, long end) {
        zeroPartsOfBlocks(start, end);
        long first = start % Content.SIZE == 0 || isHole(start / Content.SIZE) ? start / Content.SIZE : Content.pages(start);
        long last = end % Content.SIZE == 0 || isHole(end / Content.SIZE) ? Content.pages(end) - 1 : end / Content.SIZE - 1;
        if (first <= last) {
            lockRangeWithoutPages(first, last);
            preallocate(first, last, true);
            inode.extentLock().unlock(first, last);
        }
    }

    private boolean isHole(long index) {
        inode.extentLock().lock(index, index);
        boolean hole = inode.getExtent(index) == DiskInode.HOLE;
        inode.extentLock().unlock(index, index);
        return hole;
    }

    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_punch_hole")
    private void punch(long start, long end) {
        zeroPartsOfBlocks(start, end);
        long first = Content.pages(start);
        long last = end / Content.SIZE - 1;
        if (first <= last) {
            lockRangeWithoutPages(first, last);
            inode.fileSystem().tree().leaf().downWrite();
            inode.onDisk().punchBlocks(first, last + 1);
            inode.fileSystem().tree().leaf().upWrite();
            inode.extentLock().unlock(first, last);
        }
    }

    private void zeroPartsOfBlocks(long start, long end) {
        int head = (int) (start % Content.SIZE);
        int tail = (int) (end % Content.SIZE);
        if (start / Content.SIZE == end / Content.SIZE) {
            zeroPart(start, (int) (end - start));
            return;
        }
        if (head != 0) {
            zeroPart(start, Content.SIZE - head);
        }
        if (tail != 0) {
            zeroPart(end - tail, tail);
        }
    }

    private void zeroPart(long pos, int lengthBytes) {
        if (pos < Content.pages(mapping.iSize().read()) * Content.SIZE && !isHole(pos / Content.SIZE)) {
            inode.file().zeroPart(pos, lengthBytes);
        }
    }

    /// Makes blocks that read as zeroes. The caller has locked the range. One step, under the leaf's lock.
    ///
    /// @param anew also where there are some that hold data
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_prealloc_file_range")
    private void preallocate(long first, long last, boolean anew) {
        inode.fileSystem().tree().leaf().downWrite();
        DiskInode blocks = inode.onDisk();
        blocks.machine().step(blocks, Access.WRITE, -1);
        for (long index = first; index <= last; index++) {
            if (anew || blocks.block(index) == DiskInode.HOLE) {
                blocks.setUnwritten(index, inode.device().format((byte) 0));
            }
        }
        inode.fileSystem().tree().leaf().upWrite();
    }

    /// Takes the pages of a range out of the cache and locks it, again and again until none has come in between.
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_punch_hole_lock_range")
    private void lockRangeWithoutPages(long first, long last) {
        RetryLoop loop = inode.node().machine().retryLoop("btrfs_punch_hole_lock_range");
        for (;;) {
            Truncate.truncatePagecacheRange(mapping, first * Content.SIZE, (last + 1) * Content.SIZE);
            inode.extentLock().lock(first, last);
            boolean free = inode.ordered().lookup(first, last).isEmpty()
                    && !Writeback.hasPage(mapping, first * Content.SIZE, last * Content.SIZE, false);
            if (free) {
                return;
            }
            inode.extentLock().unlock(first, last);
            loop.again();
        }
    }

    @Models(file = "fs/btrfs/ordered-data.c", symbol = "btrfs_wait_ordered_range")
    private void waitOrderedRange(long start, long end) {
        Writeback.writeAndWaitRange(mapping, start, end - 1);
        inode.ordered().awaitRange(start / Content.SIZE, (end - 1) / Content.SIZE);
    }
}
