package dev.faultline.kernel.fs.ext4;

import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// fallocate(2) on one file. Left out: writing zeroes to the disk (`FALLOC_FL_WRITE_ZEROES`), which needs a disk that can.
final class Ext4Fallocate {
    private static final int MODES = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_ZERO_RANGE
            | Fcntl.FALLOC_FL_COLLAPSE_RANGE | Fcntl.FALLOC_FL_INSERT_RANGE;

    private final Ext4Inode inode;
    private final AddressSpace mapping;

    Ext4Fallocate(Ext4Inode inode) {
        this.inode = inode;
        this.mapping = inode.mapping();
    }

    /// Takes and drops `i_rwsem` for writing, and where pages leave the cache `invalidate_lock`.
    @Models(file = "fs/ext4/extents.c", symbol = "ext4_fallocate")
    Optional<Errno> fallocate(int mode, long offset, long lengthBytes) {
        if ((mode & ~(MODES | Fcntl.FALLOC_FL_KEEP_SIZE)) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        mapping.dioWait();
        Optional<Errno> error = Optional.empty();
        if ((mode & MODES) == 0) {
            allocate(mode, offset, offset + lengthBytes);
        } else {
            mapping.invalidateLock().downWrite();
            error = withoutPages(mode, offset, offset + lengthBytes);
            mapping.invalidateLock().upWrite();
        }
        inode.iRwsem().upWrite();
        return error;
    }

    private Optional<Errno> withoutPages(int mode, long start, long end) {
        switch (mode & MODES) {
            case Fcntl.FALLOC_FL_PUNCH_HOLE -> punch(start, end);
            case Fcntl.FALLOC_FL_ZERO_RANGE -> zero(mode, start, end);
            case Fcntl.FALLOC_FL_COLLAPSE_RANGE -> {
                return collapse(start, end);
            }
            default -> {
                return insert(start, end);
            }
        }
        return Optional.empty();
    }

    @Models(file = "fs/ext4/extents.c", symbol = "ext4_do_fallocate")
    private void allocate(int mode, long start, long end) {
        allocateBlocks(start / Content.SIZE, Content.pages(end));
        extend(mode, end);
    }

    /// One step.
    @Models(file = "fs/ext4/extents.c", symbol = "ext4_alloc_file_blocks")
    private void allocateBlocks(long first, long behind) {
        DiskInode file = inode.onDisk();
        file.machine().step(file, Access.WRITE, -1);
        for (long index = first; index < behind; index++) {
            if (file.block(index) == DiskInode.HOLE || file.isDelayed(index)) {
                file.setUnwritten(index, inode.newBlock());
            }
        }
    }

    /// Moves the size, and zeroes what a mapping may have written behind the old one.
    private void extend(int mode, long end) {
        long before = mapping.iSize().read();
        if ((mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0 && end > before) {
            setSize(end);
            long inPage = Math.min(end, Content.pages(before) * Content.SIZE) - before;
            if (inPage > 0) {
                BufferedIo.zeroRange(inode.node(), mapping, before, (int) inPage, inode.blocks());
            }
        }
    }

    /// A hole that reaches behind the end of the file ends with the page that the end is in.
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_punch_hole")
    private void punch(long start, long end) {
        long size = mapping.iSize().read();
        if (start >= size) {
            return;
        }
        long last = end > size ? Content.pages(size) * Content.SIZE : end;
        Truncate.truncatePagecacheRange(mapping, start, last);
        BufferedIo.zeroPartialPages(inode.node(), mapping, start, last, inode.blocks());
        if (Content.pages(start) < last / Content.SIZE) {
            inode.onDisk().punchBlocks(Content.pages(start), last / Content.SIZE);
        }
    }

    /// Whole blocks become unwritten.
    @Models(file = "fs/ext4/extents.c", symbol = "ext4_zero_range")
    private void zero(int mode, long start, long end) {
        long first = Content.pages(start);
        long behind = end / Content.SIZE;
        allocateBlocks(start / Content.SIZE, Content.pages(end));
        if (first < behind) {
            Truncate.truncatePagecacheRange(mapping, first * Content.SIZE, behind * Content.SIZE);
            inode.onDisk().punchBlocks(first, behind);
            allocateBlocks(first, behind);
        }
        extend(mode, end);
        BufferedIo.zeroPartialPages(inode.node(), mapping, start, end, inode.blocks());
    }

    /// What lies behind the range moves to its start.
    @Models(file = "fs/ext4/extents.c", symbol = "ext4_collapse_range")
    private Optional<Errno> collapse(long start, long end) {
        long size = mapping.iSize().read();
        if ((start | end) % Content.SIZE != 0 || end >= size) {
            return Optional.of(Errno.EINVAL);
        }
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping, end, Long.MAX_VALUE);
        if (error.isPresent()) {
            return error;
        }
        Truncate.truncatePagecache(mapping, start);
        inode.onDisk().punchBlocks(start / Content.SIZE, end / Content.SIZE);
        inode.onDisk().shiftBlocks(end / Content.SIZE, (start - end) / Content.SIZE);
        setSize(size - (end - start));
        return Optional.empty();
    }

    /// A hole comes where the range is, and what was there moves behind it.
    @Models(file = "fs/ext4/extents.c", symbol = "ext4_insert_range")
    private Optional<Errno> insert(long start, long end) {
        long size = mapping.iSize().read();
        if ((start | end) % Content.SIZE != 0 || start >= size) {
            return Optional.of(Errno.EINVAL);
        }
        if (end - start > inode.maxBytes() - size) {
            return Optional.of(Errno.EFBIG);
        }
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping, start, Long.MAX_VALUE);
        if (error.isPresent()) {
            return error;
        }
        Truncate.truncatePagecache(mapping, start);
        setSize(size + (end - start));
        inode.onDisk().shiftBlocks(start / Content.SIZE, (end - start) / Content.SIZE);
        return Optional.empty();
    }

    private void setSize(long sizeBytes) {
        mapping.iSize().write(sizeBytes);
        inode.onDisk().setSizeBytes(sizeBytes);
    }
}
