package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;

/// Looking for data and holes in one file. Data is what has a block that was written, and what is on its way to one: dirty
/// pages (delalloc) and ordered extents. Blocks of fallocate(2) are holes until then.
final class BtrfsSeek {
    private final BtrfsInode inode;
    private final AddressSpace mapping;

    BtrfsSeek(BtrfsInode inode) {
        this.inode = inode;
        this.mapping = inode.mapping();
    }

    /// From the start of the file on, if `offset` lies before it; then data that is written is not found, as Linux compares
    /// the offset without its sign. Takes and drops `i_rwsem` for reading.
    @Models(file = "fs/btrfs/file.c", symbol = "find_desired_extent")
    SysResult seek(Sought sought, long offset) {
        inode.iRwsem().downRead();
        long size = mapping.iSize().read();
        SysResult found = SysResult.err(Errno.ENXIO);
        if (offset < size) {
            long start = Math.max(0, offset);
            long last = (size - 1) / Content.SIZE;
            inode.extentLock().lock(start / Content.SIZE, last);
            long pos = find(sought, start, last, size, offset < 0);
            inode.extentLock().unlock(start / Content.SIZE, last);
            found = sought == Sought.DATA && pos >= size ? found : SysResult.ok(pos);
        }
        inode.iRwsem().upRead();
        return found;
    }

    private long find(Sought sought, long start, long last, long size, boolean fromBefore) {
        for (long index = start / Content.SIZE; index <= last;) {
            inode.fileSystem().tree().leaf().downRead();
            boolean written = inode.onDisk().blocks(index, index) == DiskInode.Blocks.WRITTEN;
            long nextBlock = inode.onDisk().nextBlock(index + 1);
            inode.fileSystem().tree().leaf().upRead();
            if ((written || isOnItsWay(index)) == (sought == Sought.DATA)) {
                return written && fromBefore ? size : Math.max(start, index * Content.SIZE);
            }
            index = sought == Sought.DATA ? Math.min(nextBlock, mapping.nextIndex(index + 1)) : index + 1;
        }
        return size;
    }

    @Models(file = "fs/btrfs/file.c", symbol = "find_delalloc_subrange")
    private boolean isOnItsWay(long index) {
        long pos = index * Content.SIZE;
        return Writeback.hasPage(mapping, pos, pos, true) || inode.ordered().lookup(index, index).isPresent();
    }
}
