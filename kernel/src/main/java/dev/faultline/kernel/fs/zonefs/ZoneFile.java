package dev.faultline.kernel.fs.zonefs;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping zones: fs/zonefs/file.c.
final class ZoneFile extends CachedFile {
    private final ZoneInode inode;

    ZoneFile(ZoneInode inode) {
        super(inode);
        this.inode = inode;
    }

    // ---- read ----

    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (iocb.pos() >= ZoneInode.CAPACITY_BYTES) {
            return SysResult.ZERO;
        }
        inode.iRwsem().downRead();
        SysResult read = readWritten(iocb, to);
        inode.iRwsem().upRead();
        return read;
    }

    /// Reads no further than the zone is written. The caller holds `i_rwsem` for reading.
    private SysResult readWritten(Kiocb iocb, IovIter to) {
        inode.truncateMutex().lock();
        long left = mapping().iSize().read() - iocb.pos();
        inode.truncateMutex().unlock();
        if (left <= 0) {
            return SysResult.ZERO;
        }
        to.truncate(left);
        if (!iocb.isDirect()) {
            return cachedRead(iocb, to);
        }
        if ((iocb.pos() | to.count()) % Content.SIZE != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        return directIo().rw(iocb, to, inode.forReading(), EnumSet.noneOf(DioFlag.class), 0);
    }

    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_splice_read")
    public SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        if (iocb.pos() >= ZoneInode.CAPACITY_BYTES) {
            return SysResult.ZERO;
        }
        inode.iRwsem().downRead();
        inode.truncateMutex().lock();
        long left = mapping().iSize().read() - iocb.pos();
        inode.truncateMutex().unlock();
        SysResult moved = left <= 0 ? SysResult.ZERO : super.spliceRead(iocb, pipe, Math.min(lengthBytes, left));
        inode.iRwsem().upRead();
        return moved;
    }

    // ---- write ----

    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        if (iocb.pos() >= ZoneInode.CAPACITY_BYTES) {
            return SysResult.err(Errno.EFBIG);
        }
        if (!iocb.isDirect()) {
            return bufferedWrite(iocb, from);
        }
        inode.iRwsem().downWrite();
        SysResult written = dioWrite(iocb, from);
        inode.iRwsem().upWrite();
        return synced(iocb, written);
    }

    /// Cuts a write down to what the zone can hold, and moves an appending one to the write pointer.
    ///
    /// @return -EINVAL for an appending write to a conventional zone; -EFBIG if nothing fits
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_write_checks")
    private Optional<Errno> writeChecks(Kiocb iocb, IovIter from) {
        if (iocb.isAppend() && !inode.isSequential()) {
            return Optional.of(Errno.EINVAL);
        }
        if (iocb.isAppend()) {
            iocb.setPos(writePointer());
        }
        long fits = ZoneInode.CAPACITY_BYTES - iocb.pos();
        from.truncate(Math.max(fits, 0));
        return fits <= 0 ? Optional.of(Errno.EFBIG) : Optional.empty();
    }

    private long writePointer() {
        inode.truncateMutex().lock();
        long offset = inode.wpOffset().read();
        inode.truncateMutex().unlock();
        return offset;
    }

    /// A sequential zone is written at its write pointer alone, in whole blocks. The caller holds `i_rwsem` for writing.
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_dio_write")
    private SysResult dioWrite(Kiocb iocb, IovIter from) {
        if (from.count() == 0) {
            return SysResult.ZERO;
        }
        Optional<Errno> refused = writeChecks(iocb, from);
        if (refused.isPresent()) {
            return SysResult.err(refused.get());
        }
        long count = from.count();
        boolean misplaced = (iocb.pos() | count) % Content.SIZE != 0
                || inode.isSequential() && iocb.pos() != writePointer();
        if (misplaced) {
            return SysResult.err(Errno.EINVAL);
        }
        SysResult written = directIo().rw(iocb, from, inode.forWriting(), inode, EnumSet.noneOf(DioFlag.class), 0);
        if (inode.isSequential() && (written.isPositive() || written.is(Errno.EIOCBQUEUED))) {
            moveWritePointer(written.isPositive() ? written.bytes() : count);
        }
        return written.is(Errno.ENOTBLK) ? SysResult.err(Errno.EBUSY) : written;
    }

    private void moveWritePointer(long lengthBytes) {
        inode.truncateMutex().lock();
        inode.wpOffset().write(inode.wpOffset().read() + lengthBytes);
        inode.truncateMutex().unlock();
    }

    /// Conventional zones only.
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_buffered_write")
    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        if (inode.isSequential()) {
            return SysResult.err(Errno.EIO);
        }
        inode.iRwsem().downWrite();
        Optional<Errno> refused = from.count() == 0 ? Optional.empty() : writeChecks(iocb, from);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : node().parts().get(BufferedIo.PART, BufferedIo::new)
                        .write(node(), mapping(), from, iocb.pos(), inode.forWriting());
        iocb.setPos(iocb.pos() + written.bytes());
        inode.iRwsem().upWrite();
        return synced(iocb, written);
    }

    // ---- the rest ----

    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_filemap_page_mkwrite")
    public VmFaultResult pageMkwrite(VmFault fault) {
        mapping().invalidateLock().downRead();
        VmFaultResult result = BufferedIo.pageMkwrite(fault, mapping(), inode.forWriting());
        mapping().invalidateLock().upRead();
        return result;
    }

    /// A sequential zone is emptied (0) or finished (all it can hold); nothing else is possible.
    ///
    /// @return -EPERM
    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_truncate")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        if (!inode.isSequential() || sizeBytes != 0 && sizeBytes != ZoneInode.CAPACITY_BYTES) {
            return Optional.of(Errno.EPERM);
        }
        inode.iRwsem().downWrite();
        mapping().dioWait();
        mapping().invalidateLock().downWrite();
        inode.truncateMutex().lock();
        if (sizeBytes != mapping().iSize().read()) {
            inode.manage(sizeBytes);
        }
        inode.truncateMutex().unlock();
        mapping().invalidateLock().upWrite();
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return Optional.of(Errno.EOPNOTSUPP);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return inode.isSequential() ? EnumSet.of(FileMode.CAN_ODIRECT, FileMode.NO_SHARED_WRITE)
                : EnumSet.of(FileMode.CAN_ODIRECT);
    }
}
