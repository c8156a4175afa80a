package dev.faultline.kernel.fs.f2fs;

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

/// fallocate(2) on one file. The caller of everything but [#fallocate] holds `i_rwsem` for writing.
///
/// Left out: zeroing a part of a page where there is a hole gives it a block in Linux, which nobody can see.
final class F2fsFallocate {
    private static final int MODES = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_ZERO_RANGE
            | Fcntl.FALLOC_FL_COLLAPSE_RANGE | Fcntl.FALLOC_FL_INSERT_RANGE;

    private final F2fsInode inode;
    private final F2fsFile file;
    private final AddressSpace mapping;

    F2fsFallocate(F2fsInode inode, F2fsFile file) {
        this.inode = inode;
        this.file = file;
        this.mapping = inode.mapping();
    }

    /// Takes and drops `i_rwsem`; where pages leave the cache `i_gc_rwsem[WRITE]` and `invalidate_lock`, a range at a time.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_fallocate")
    Optional<Errno> fallocate(int mode, long offset, long lengthBytes) {
        if ((mode & ~(MODES | Fcntl.FALLOC_FL_KEEP_SIZE)) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        mapping.dioWait();
        Optional<Errno> error = allocateOrMove(mode, offset, offset + lengthBytes);
        inode.iRwsem().upWrite();
        return error;
    }

    private Optional<Errno> allocateOrMove(int mode, long start, long end) {
        switch (mode & MODES) {
            case Fcntl.FALLOC_FL_PUNCH_HOLE -> punch(start, end);
            case Fcntl.FALLOC_FL_ZERO_RANGE -> zero(mode, start, end);
            case Fcntl.FALLOC_FL_COLLAPSE_RANGE -> {
                return collapse(start, end);
            }
            case Fcntl.FALLOC_FL_INSERT_RANGE -> {
                return insert(start, end);
            }
            default -> expand(mode, start, end);
        }
        return Optional.empty();
    }

    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_expand_inode_data")
    private void expand(int mode, long start, long end) {
        file.zeroPostEofPages(end);
        inode.allocate(start / Content.SIZE, Content.pages(end) - 1, false);
        extend(mode, end);
    }

    private void extend(int mode, long end) {
        if ((mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0 && end > mapping.iSize().read()) {
            setSize(end);
        }
    }

    /// Parts of pages are zeroed with no lock but `i_rwsem` and that of the page.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_punch_hole")
    private void punch(long start, long end) {
        if (start >= mapping.iSize().read()) {
            return;
        }
        file.zeroPostEofPages(end);
        BufferedIo.zeroPartialPages(inode.node(), mapping, start, end, inode.blocks());
        withoutFaults(Content.pages(start), end / Content.SIZE, () ->
                inode.onDisk().punchBlocks(Content.pages(start), end / Content.SIZE));
    }

    /// Whole pages become promised blocks again.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_zero_range")
    private void zero(int mode, long start, long end) {
        file.zeroPostEofPages(end);
        BufferedIo.zeroPartialPages(inode.node(), mapping, start, end, inode.blocks());
        long first = Content.pages(start);
        long behind = end / Content.SIZE;
        withoutFaults(first, behind, () -> {
            inode.onDisk().punchBlocks(first, behind);
            inode.allocate(first, behind - 1, false);
        });
        extend(mode, end);
    }

    private void withoutFaults(long first, long behind, Runnable change) {
        if (first < behind) {
            inode.gcWrite().downWrite();
            mapping.invalidateLock().downWrite();
            Truncate.truncatePagecacheRange(mapping, first * Content.SIZE, behind * Content.SIZE);
            change.run();
            mapping.invalidateLock().upWrite();
            inode.gcWrite().upWrite();
        }
    }

    /// What lies behind the range moves to its start.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_collapse_range")
    private Optional<Errno> collapse(long start, long end) {
        if (end >= mapping.iSize().read() || (start | end) % Content.SIZE != 0) {
            return Optional.of(Errno.EINVAL);
        }
        long size = mapping.iSize().read() - (end - start);
        return moveBlocks(start, () -> {
            inode.onDisk().punchBlocks(start / Content.SIZE, end / Content.SIZE);
            inode.onDisk().shiftBlocks(end / Content.SIZE, (start - end) / Content.SIZE);
        }, size);
    }

    /// A hole comes where the range is, and what was there moves behind it.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_insert_range")
    private Optional<Errno> insert(long start, long end) {
        long size = mapping.iSize().read();
        if (size > inode.maxBytes() - (end - start)) {
            return Optional.of(Errno.EFBIG);
        }
        if (start >= size || (start | end) % Content.SIZE != 0) {
            return Optional.of(Errno.EINVAL);
        }
        return moveBlocks(start, () -> inode.onDisk().shiftBlocks(start / Content.SIZE, (end - start) / Content.SIZE),
                size + (end - start));
    }

    /// Everything from the start on is written, and leaves the cache; so that no block that moves is but promised.
    private Optional<Errno> moveBlocks(long start, Runnable move, long sizeBytes) {
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping, start, Long.MAX_VALUE);
        if (error.isPresent()) {
            return error;
        }
        inode.gcWrite().downWrite();
        mapping.invalidateLock().downWrite();
        Truncate.truncatePagecache(mapping, start);
        dropPromises(start / Content.SIZE);
        move.run();
        mapping.invalidateLock().upWrite();
        inode.gcWrite().upWrite();
        setSize(sizeBytes);
        return Optional.empty();
    }

    /// Blocks that nothing was written to are as good as none. One step.
    private void dropPromises(long first) {
        DiskInode blocks = inode.onDisk();
        blocks.machine().step(blocks, Access.WRITE, -1);
        blocks.pagesWithBlocks().stream().filter(index -> index >= first && blocks.isDelayed(index))
                .forEach(blocks::forgetBlock);
    }

    private void setSize(long sizeBytes) {
        mapping.iSize().write(sizeBytes);
        inode.onDisk().setSizeBytes(sizeBytes);
    }
}
