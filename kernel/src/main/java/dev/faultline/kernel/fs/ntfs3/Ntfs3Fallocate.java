package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import java.util.Optional;

/// fallocate(2) on one file, which is not sparse: holes can neither be punched nor inserted.
final class Ntfs3Fallocate {
    private static final int KNOWN = Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_COLLAPSE_RANGE;

    private final Ntfs3Inode inode;
    private final AddressSpace mapping;

    Ntfs3Fallocate(Ntfs3Inode inode) {
        this.inode = inode;
        this.mapping = inode.mapping();
    }

    /// Takes and drops `i_rwsem` for writing, and where pages leave the cache `invalidate_lock`.
    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_fallocate")
    Optional<Errno> fallocate(int mode, long offset, long lengthBytes) {
        if ((mode & ~KNOWN) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        Optional<Errno> error = Optional.empty();
        if ((mode & Fcntl.FALLOC_FL_COLLAPSE_RANGE) != 0) {
            mapping.dioWait();
            mapping.invalidateLock().downWrite();
            error = collapse(offset, offset + lengthBytes);
            mapping.invalidateLock().upWrite();
        } else {
            allocate(mode, offset + lengthBytes);
        }
        inode.iRwsem().upWrite();
        return error;
    }

    /// The valid size stays where it is.
    private void allocate(int mode, long end) {
        if (end > mapping.iSize().read()) {
            inode.allocate(end);
            if ((mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0) {
                inode.setSize(end);
            }
        }
    }

    /// What lies behind the range moves to its start. A range that reaches the end of the file is cut off.
    @Models(file = "fs/ntfs3/attrib.c", symbol = "attr_collapse_range")
    private Optional<Errno> collapse(long start, long end) {
        long down = start / Content.SIZE * Content.SIZE;
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping, down, start);
        if (error.isEmpty()) {
            error = Writeback.writeAndWaitRange(mapping, end, Long.MAX_VALUE);
        }
        if (error.isPresent()) {
            return error;
        }
        Truncate.truncatePagecache(mapping, down);
        long size = mapping.iSize().read();
        if ((start | end) % Content.SIZE != 0 || start > size) {
            return Optional.of(Errno.EINVAL);
        }
        long valid = inode.valid().read();
        if (end >= size) {
            inode.setSize(start);
            Truncate.truncatePagecache(mapping, start);
            inode.onDisk().truncateBlocks(start / Content.SIZE);
            inode.valid().write(Math.min(valid, start));
            return Optional.empty();
        }
        inode.onDisk().punchBlocks(start / Content.SIZE, end / Content.SIZE);
        inode.onDisk().shiftBlocks(end / Content.SIZE, (start - end) / Content.SIZE);
        if (valid > start) {
            inode.valid().write(Math.max(start, valid - (end - start)));
        }
        inode.setSize(size - (end - start));
        return Optional.empty();
    }
}
