package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.Seek;
import dev.faultline.kernel.iomap.ZeroRange;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of xfs: fs/xfs/xfs_file.c, fs/xfs/xfs_iops.c.
final class XfsFile extends CachedFile {
    private static final int SECTOR_BYTES = 512;

    private final XfsInode inode;

    XfsFile(XfsInode inode) {
        super(inode);
        this.inode = inode;
    }

    // ---- read ----

    @Override
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        return iocb.isDirect() ? dioRead(iocb, to) : bufferedRead(iocb, to);
    }

    @Override
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_splice_read")
    public SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        inode.iRwsem().downRead();
        SysResult moved = super.spliceRead(iocb, pipe, lengthBytes);
        inode.iRwsem().upRead();
        return moved;
    }

    @Override
    public boolean copiesByItself() {
        return true;
    }

    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_dio_read")
    private SysResult dioRead(Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
        if (!lockShared(iocb)) {
            return SysResult.err(Errno.EAGAIN);
        }
        SysResult read = directIo().rw(iocb, to, new ReadMapping(inode), EnumSet.noneOf(DioFlag.class), 0);
        inode.iRwsem().upRead();
        return read;
    }

    /// Keeps writers out, so that a read sees a write as a whole or not at all.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_buffered_read")
    private SysResult bufferedRead(Kiocb iocb, IovIter to) {
        if (!lockShared(iocb)) {
            return SysResult.err(Errno.EAGAIN);
        }
        SysResult read = cachedRead(iocb, to);
        inode.iRwsem().upRead();
        return read;
    }

    /// {@return whether `i_rwsem` is held for reading now: a request that must not wait only tries}
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_ilock_iocb")
    private boolean lockShared(Kiocb iocb) {
        if (iocb.isNowait()) {
            return inode.iRwsem().downReadTrylock();
        }
        inode.iRwsem().downRead();
        return true;
    }

    // ---- write ----

    /// A write that must not wait comes to nothing: the time of the change has to be noted first. In Linux that may have
    /// been done by one just before.
    @Override
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        if (from.count() == 0) {
            return SysResult.ZERO;
        }
        if (iocb.isNowait()) {
            return SysResult.err(iocb.isDirect() && !isOfSectors(iocb, from) ? Errno.EINVAL : Errno.EAGAIN);
        }
        SysResult written = iocb.isDirect() ? dioWrite(iocb, from) : SysResult.err(Errno.ENOTBLK);
        return synced(iocb, written.is(Errno.ENOTBLK) ? bufferedWrite(iocb, from) : written);
    }

    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_buffered_write")
    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        IoLock lock = IoLock.take(inode, IoLock.Mode.EXCLUSIVE);
        Optional<Errno> refused = writeChecks(iocb, from, lock);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : node().parts().get(BufferedIo.PART, BufferedIo::new)
                        .write(node(), mapping(), from, iocb.pos(), new BufferedMapping(inode));
        iocb.setPos(iocb.pos() + written.bytes());
        lock.release();
        return written;
    }

    /// What comes before every write. A write behind the end of the file needs the lock for itself, and zeroes what lies
    /// between.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_write_checks")
    private Optional<Errno> writeChecks(Kiocb iocb, IovIter from, IoLock lock) {
        long count = from.count();
        for (boolean drained = false;; drained = true) {
            Optional<Errno> refused = iocb.writeChecks(from);
            if (refused.isPresent() || iocb.pos() <= mapping().iSize().read() || writeZeroEof(iocb, lock, drained)) {
                return refused;
            }
            from.reexpand(count);
        }
    }

    /// @param drained whether no direct write is under way that could move the end
    /// @return whether it is done: otherwise it was not so, and is now
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_write_zero_eof")
    private boolean writeZeroEof(Kiocb iocb, IoLock lock, boolean drained) {
        long size = mapping().iSize().read();
        if (iocb.pos() <= size) {
            return true;
        }
        if (!drained) {
            lock.makeExclusive();
            mapping().dioWait();
            return false;
        }
        mapping().invalidateLock().downWrite();
        ZeroRange.zero(node(), mapping(), size, iocb.pos() - size, new BufferedMapping(inode));
        mapping().invalidateLock().upWrite();
        return true;
    }

    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_dio_write")
    private SysResult dioWrite(Kiocb iocb, IovIter from) {
        if (!isOfSectors(iocb, from)) {
            return SysResult.err(Errno.EINVAL);
        }
        return (iocb.pos() | from.count()) % Content.SIZE == 0 ? dioWriteAligned(iocb, from)
                : dioWriteUnaligned(iocb, from);
    }

    private static boolean isOfSectors(Kiocb iocb, IovIter from) {
        return (iocb.pos() | from.count()) % SECTOR_BYTES == 0;
    }

    /// Whole blocks: shared with reads and with others of its kind, also where they overlap.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_dio_write_aligned")
    private SysResult dioWriteAligned(Kiocb iocb, IovIter from) {
        IoLock lock = IoLock.take(inode, IoLock.Mode.SHARED);
        Optional<Errno> refused = writeChecks(iocb, from, lock);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : alignedTransfer(iocb, from, lock);
        lock.release();
        return written;
    }

    private SysResult alignedTransfer(Kiocb iocb, IovIter from, IoLock lock) {
        lock.demote();
        return transfer(iocb, from, DirectMapping.Scope.ANY, EnumSet.noneOf(DioFlag.class));
    }

    private SysResult transfer(Kiocb iocb, IovIter from, DirectMapping.Scope scope, EnumSet<DioFlag> flags) {
        DirectMapping blocks = new DirectMapping(inode, scope);
        return directIo().rw(iocb, from, blocks, blocks, flags, 0);
    }

    /// Parts of blocks: shared if they hold data and lie inside the file, else alone, as the rest of a block that holds
    /// none is zeroed.
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_dio_write_unaligned")
    private SysResult dioWriteUnaligned(Kiocb iocb, IovIter from) {
        if (iocb.pos() + from.count() < mapping().iSize().read()) {
            long count = from.count();
            SysResult shared = dioWriteUnaligned(iocb, from, IoLock.Mode.SHARED, DirectMapping.Scope.OVERWRITE_ONLY);
            if (!shared.is(Errno.EAGAIN)) {
                return shared;
            }
            from.reexpand(count);
        }
        return dioWriteUnaligned(iocb, from, IoLock.Mode.EXCLUSIVE, DirectMapping.Scope.ANY);
    }

    private SysResult dioWriteUnaligned(Kiocb iocb, IovIter from, IoLock.Mode mode, DirectMapping.Scope scope) {
        IoLock lock = IoLock.take(inode, mode);
        Optional<Errno> refused = writeChecks(iocb, from, lock);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get()) : unalignedTransfer(iocb, from, scope);
        lock.release();
        return written;
    }

    /// One that is alone waits for those under way, which may zero parts of the same block, and is waited for.
    private SysResult unalignedTransfer(Kiocb iocb, IovIter from, DirectMapping.Scope scope) {
        if (scope == DirectMapping.Scope.OVERWRITE_ONLY) {
            return transfer(iocb, from, scope, EnumSet.of(DioFlag.OVERWRITE_ONLY));
        }
        mapping().dioWait();
        return transfer(iocb, from, scope, EnumSet.of(DioFlag.FORCE_WAIT));
    }

    // ---- the rest ----

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.CAN_ODIRECT, FileMode.NOWAIT, FileMode.DONTCACHE);
    }

    /// Takes and drops `invalidate_lock` for reading; blocks are promised under the folio lock.
    @Override
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_write_fault")
    public VmFaultResult pageMkwrite(VmFault fault) {
        mapping().invalidateLock().downRead();
        VmFaultResult result = BufferedIo.pageMkwrite(fault, mapping(), new BufferedMapping(inode));
        mapping().invalidateLock().upRead();
        return result;
    }

    @Override
    @Models(file = "fs/xfs/xfs_iops.c", symbol = "xfs_vn_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        mapping().invalidateLock().downWrite();
        Optional<Errno> error = setattrSize(sizeBytes);
        mapping().invalidateLock().upWrite();
        inode.iRwsem().upWrite();
        return error;
    }

    /// What may be seen again is zeroed first, then the size moves and pages go; blocks go last. The caller holds
    /// `i_rwsem` and `invalidate_lock` for writing.
    @Models(file = "fs/xfs/xfs_iops.c", symbol = "xfs_setattr_size")
    Optional<Errno> setattrSize(long sizeBytes) {
        mapping().dioWait();
        long before = mapping().iSize().read();
        long zeroEnd = sizeBytes > before ? sizeBytes : Content.pages(sizeBytes) * Content.SIZE;
        long zeroFrom = Math.min(sizeBytes, before);
        if (zeroEnd > zeroFrom) {
            ZeroRange.zero(node(), mapping(), zeroFrom, zeroEnd - zeroFrom, new BufferedMapping(inode));
        }
        mapping().iSize().write(sizeBytes);
        Truncate.truncatePagecache(mapping(), sizeBytes);
        long onDisk = inode.extents().sizeOnDisk();
        if (sizeBytes > onDisk) {
            Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), onDisk, sizeBytes - 1);
            if (error.isPresent()) {
                return error;
            }
        }
        inode.iLock().downWrite();
        inode.extents().setSizeOnDisk(sizeBytes);
        if (sizeBytes <= before) {
            inode.extents().remove(Content.pages(sizeBytes), Long.MAX_VALUE - 1);
        }
        inode.iLock().upWrite();
        return Optional.empty();
    }

    /// Takes no lock but that of the extents, one extent at a time.
    @Override
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_file_llseek")
    public SysResult seek(OpenFile file, Sought sought, long offset) {
        return Seek.seek(mapping(), new ReadMapping(inode), sought, offset);
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return new XfsFallocate(inode, this).fallocate(mode, offset, offset + lengthBytes);
    }
}
