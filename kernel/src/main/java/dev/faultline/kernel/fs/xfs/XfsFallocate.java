package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.ZeroRange;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import java.util.Optional;

/// fallocate(2) on one file. Left out: writing zeroes to the disk (`FALLOC_FL_WRITE_ZEROES`), which needs a disk that can.
final class XfsFallocate {
    private static final int MODES = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_ZERO_RANGE
            | Fcntl.FALLOC_FL_UNSHARE_RANGE | Fcntl.FALLOC_FL_COLLAPSE_RANGE | Fcntl.FALLOC_FL_INSERT_RANGE;

    private final XfsInode inode;
    private final XfsFile file;
    private final AddressSpace mapping;

    XfsFallocate(XfsInode inode, XfsFile file) {
        this.inode = inode;
        this.file = file;
        this.mapping = inode.mapping();
    }

    /// Takes and drops `i_rwsem` and `invalidate_lock` for writing.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_fallocate")
    Optional<Errno> fallocate(int mode, long start, long end) {
        if ((mode & ~(MODES | Fcntl.FALLOC_FL_KEEP_SIZE)) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        mapping.invalidateLock().downWrite();
        mapping.dioWait();
        Optional<Errno> error = switch (mode & MODES) {
            case Fcntl.FALLOC_FL_PUNCH_HOLE -> freeFileSpace(start, end);
            case Fcntl.FALLOC_FL_ZERO_RANGE -> freeFileSpace(start, end).or(() -> zeroed(mode, start, end));
            case Fcntl.FALLOC_FL_COLLAPSE_RANGE -> collapse(start, end);
            case Fcntl.FALLOC_FL_INSERT_RANGE -> insert(start, end);
            default -> allocate(mode, start, end);
        };
        mapping.invalidateLock().upWrite();
        inode.iRwsem().upWrite();
        return error;
    }

    /// What is in the range is written and dropped, whole blocks go, and the rest is zeroed, inside the file.
    @Models(file = "fs/xfs/xfs_bmap_util.c", symbol = "xfs_free_file_space")
    private Optional<Errno> freeFileSpace(long start, long end) {
        Optional<Errno> error = flushUnmapRange(start / Content.SIZE * Content.SIZE, Content.pages(end) * Content.SIZE);
        if (error.isPresent()) {
            return error;
        }
        if (Content.pages(start) < end / Content.SIZE) {
            inode.iLock().downWrite();
            inode.extents().remove(Content.pages(start), end / Content.SIZE - 1);
            inode.iLock().upWrite();
        }
        long size = mapping.iSize().read();
        if (start >= size) {
            return Optional.empty();
        }
        long last = Math.min(end, size);
        ZeroRange.zero(inode.node(), mapping, start, last - start, new BufferedMapping(inode));
        // A page that the file ends in is zeroed behind the end when it is written: somebody may have it mapped.
        return last < size || last % Content.SIZE == 0 ? Optional.empty()
                : Writeback.writeAndWaitRange(mapping, last / Content.SIZE * Content.SIZE, Long.MAX_VALUE);
    }

    @Models(file = "fs/xfs/xfs_bmap_util.c", symbol = "xfs_flush_unmap_range")
    private Optional<Errno> flushUnmapRange(long start, long end) {
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping, start, end - 1);
        if (error.isEmpty()) {
            Truncate.truncatePagecacheRange(mapping, start, end);
        }
        return error;
    }

    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_falloc_allocate_range")
    private Optional<Errno> allocate(int mode, long start, long end) {
        long last = Content.pages(end) - 1;
        if (!DiskInode.fits(start / Content.SIZE, last)) {
            return Optional.of(Errno.ENOSPC);
        }
        for (long index = start / Content.SIZE; index <= last;) {
            inode.iLock().downWrite();
            index += inode.extents().allocate(index, last).pages();
            inode.iLock().upWrite();
        }
        boolean grows = (mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0 && end > mapping.iSize().read();
        return grows ? file.setattrSize(end) : Optional.empty();
    }

    /// Whole blocks, of which no number may be beyond all numbers.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_falloc_zero_range")
    private Optional<Errno> zeroed(int mode, long start, long end) {
        return Content.pages(end) > Long.MAX_VALUE / Content.SIZE ? Optional.of(Errno.EINVAL) : allocate(mode, start, end);
    }

    /// What lies behind the range moves to its start.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_falloc_collapse_range")
    private Optional<Errno> collapse(long start, long end) {
        long size = mapping.iSize().read();
        if ((start | end) % Content.SIZE != 0 || end >= size) {
            return Optional.of(Errno.EINVAL);
        }
        Optional<Errno> error = freeFileSpace(start, end).or(() -> flushUnmapRange(start, Content.pages(size) * Content.SIZE));
        if (error.isPresent()) {
            return error;
        }
        shift(end, start - end);
        return file.setattrSize(size - (end - start));
    }

    /// A hole comes where the range is, and what was there moves behind it.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_falloc_insert_range")
    private Optional<Errno> insert(long start, long end) {
        long size = mapping.iSize().read();
        if ((start | end) % Content.SIZE != 0) {
            return Optional.of(Errno.EINVAL);
        }
        if (size > inode.maxBytes() - (end - start)) {
            return Optional.of(Errno.EFBIG);
        }
        if (start >= size) {
            return Optional.of(Errno.EINVAL);
        }
        Optional<Errno> error = file.setattrSize(size + (end - start))
                .or(() -> flushUnmapRange(start, Content.pages(size + (end - start)) * Content.SIZE));
        if (error.isEmpty()) {
            shift(start, end - start);
        }
        return error;
    }

    private void shift(long start, long byBytes) {
        inode.iLock().downWrite();
        inode.extents().shift(start / Content.SIZE, byBytes / Content.SIZE);
        inode.iLock().upWrite();
    }
}
