package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.pagecache.GenericWrite;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of ntfs3: fs/ntfs3/file.c, fs/ntfs3/inode.c.
final class Ntfs3File extends CachedFile implements GenericWrite.PageWriter {
    private final Ntfs3Inode inode;
    private final boolean readOnly;

    Ntfs3File(Ntfs3Inode inode, boolean readOnly) {
        super(inode);
        this.inode = inode;
        this.readOnly = readOnly;
    }

    @Override
    public EnumSet<FileMode> modes() {
        return readOnly ? EnumSet.of(FileMode.CAN_ODIRECT, FileMode.READ_ONLY) : EnumSet.of(FileMode.CAN_ODIRECT);
    }

    // ---- read ----

    /// A buffered read takes no lock of the inode: it may see a part of a write. What direct I/O leaves over goes through
    /// the page cache.
    @Override
    @Models(file = "mm/filemap.c", symbol = "generic_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        long direct = 0;
        if (iocb.isDirect() && to.count() > 0) {
            SysResult read = directRead(iocb, to);
            if (read instanceof SysResult.Err || to.count() == 0 || iocb.pos() >= mapping().iSize().read()) {
                return read;
            }
            direct = read.bytes();
        }
        SysResult read = cachedRead(iocb, to);
        return direct > 0 ? SysResult.ok(direct + read.bytes()) : read;
    }

    /// The memory that is read into is faulted in under `i_rwsem`, which the old direct I/O code takes against truncation.
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_direct_IO")
    private SysResult directRead(Kiocb iocb, IovIter to) {
        long start = iocb.pos();
        inode.iRwsem().downWrite();
        SysResult read = directIo().rw(iocb, to, new ValidBlocks.Direct(blocks(), false), EnumSet.of(DioFlag.PARTIAL), 0);
        inode.iRwsem().upWrite();
        long end = start + read.bytes();
        long valid = inode.valid().read();
        if (read.isPositive() && start < valid && valid < end) {
            to.revert(end - valid);
            to.zero(end - valid);
        }
        return read;
    }

    private ValidBlocks blocks() {
        return (ValidBlocks) inode.blocks();
    }

    // ---- write ----

    @Override
    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : from.count() == 0 ? SysResult.ZERO : lockedWrite(iocb, from);
        inode.iRwsem().upWrite();
        return synced(iocb, written);
    }

    @Models(file = "mm/filemap.c", symbol = "__generic_file_write_iter")
    private SysResult lockedWrite(Kiocb iocb, IovIter from) {
        Optional<Errno> error = extend(iocb.pos(), from.count(), true);
        if (error.isPresent()) {
            return SysResult.err(error.get());
        }
        if (!iocb.isDirect()) {
            return bufferedWrite(iocb, from);
        }
        SysResult direct = directWrite(iocb, from);
        return direct instanceof SysResult.Err || from.count() == 0 ? direct
                : directWriteFallback(iocb, direct.bytes(), bufferedWrite(iocb, from));
    }

    /// Makes clusters up to the end of a write, and zeroes between the valid size and its start. The caller holds
    /// `i_rwsem` for writing.
    ///
    /// @param fills whether data follows
    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_extend")
    private Optional<Errno> extend(long pos, long lengthBytes, boolean fills) {
        if (pos + lengthBytes > mapping().iSize().read()) {
            inode.allocate(pos + lengthBytes);
        }
        long valid = inode.valid().read();
        return fills && pos > valid ? extendInitializedSize(valid, pos) : Optional.empty();
    }

    /// Writes zeroes, page by page, which moves the size with them.
    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_extend_initialized_size")
    private Optional<Errno> extendInitializedSize(long valid, long newValid) {
        long pos = valid;
        while (pos < newValid) {
            int from = (int) (pos % Content.SIZE);
            int length = (int) Math.min(Content.SIZE - from, newValid - pos);
            switch (begin(pos, length)) {
                case GenericWrite.Begin.Ready(Folio folio) -> {
                    folio.data().zero(from, Content.SIZE - from);
                    end(pos, length, length, folio);
                }
                case GenericWrite.Begin.Failed(Errno errno) -> {
                    inode.valid().write(valid);
                    return Optional.of(errno);
                }
            }
            pos += length;
        }
        return Optional.empty();
    }

    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        SysResult written = GenericWrite.perform(node().machine(), from, iocb.pos(), this);
        iocb.setPos(iocb.pos() + written.bytes());
        return written;
    }

    /// A write that nobody waits for must lie inside the file; its end becomes valid as soon as it is on its way.
    @Models(file = "mm/filemap.c", symbol = "generic_file_direct_write")
    private SysResult directWrite(Kiocb iocb, IovIter from) {
        long start = iocb.pos();
        long asked = from.count();
        EnumSet<DioFlag> flags = EnumSet.of(DioFlag.PARTIAL);
        if (start + asked > mapping().iSize().read()) {
            flags.add(DioFlag.FORCE_WAIT);
        }
        SysResult written = directIo().rw(iocb, from, new ValidBlocks.Direct(blocks(), true), flags, 0);
        long end = written.is(Errno.EIOCBQUEUED) ? start + asked : start + written.bytes();
        if (end > start && end > inode.valid().read()) {
            inode.valid().write(end);
        }
        if (written.isPositive() && end > mapping().iSize().read()) {
            inode.setSize(end);
        }
        return written.is(Errno.ENOTBLK) ? SysResult.ZERO : written;
    }

    /// The cluster becomes valid here already, before there is something in it: the page is locked until there is.
    @Override
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_write_begin")
    public GenericWrite.Begin begin(long pos, int lengthBytes) {
        Folio folio = node().filemap().getLockedFolio(mapping(), pos / Content.SIZE);
        long start = pos / Content.SIZE * Content.SIZE;
        boolean upToDate = folio.flags().readBits(Folio.UPTODATE) != 0;
        boolean isNew = start >= inode.valid().read();
        IomapOps.Begin begun = inode.blocks().begin(start, Content.SIZE, IomapOps.Purpose.WRITE);
        if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
            folio.lock().unlock();
            folio.put();
            return new GenericWrite.Begin.Failed(((IomapOps.Begin.Failed) begun).errno());
        }
        if (!upToDate && isNew) {
            folio.flags().setBits(Folio.BUFFERS);
            folio.data().zeroSegments((int) (pos - start), lengthBytes);
        } else if (!upToDate && lengthBytes < Content.SIZE) {
            Bio bio = new Bio(iomap.device(), false, iomap.diskPositionOf(start));
            bio.add(folio, 0, Content.SIZE);
            bio.submitAndWait();
            folio.flags().setBits(Folio.UPTODATE);
        }
        return new GenericWrite.Begin.Ready(folio);
    }

    /// A cluster that was not valid before is written as zeroes where a copy stopped short, and nothing of the copy counts.
    /// That leaves the page up to date: the next try must not read what the cluster holds.
    @Override
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_write_end")
    public int end(long pos, int lengthBytes, int copied, Folio folio) {
        boolean rejected = copied < lengthBytes && folio.flags().readBits(Folio.UPTODATE) == 0;
        int accepted = rejected ? 0 : copied;
        boolean isNew = folio.flags().clearBits(Folio.BUFFERS) != 0;
        if (rejected && isNew) {
            folio.data().zero((int) (pos % Content.SIZE), lengthBytes);
            folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
        } else if (accepted > 0) {
            folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
        }
        if (pos + accepted > mapping().iSize().read()) {
            inode.setSize(pos + accepted);
        }
        folio.lock().unlock();
        folio.put();
        return accepted;
    }

    // ---- the rest ----

    /// A mapping that can be written makes all that it reaches valid. Called with `mmap_lock` held for writing, inside of
    /// which `i_rwsem` must not be waited for.
    @Override
    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_file_mmap_prepare")
    public Optional<Errno> mmapPrepare(long pos, long lengthBytes, EnumSet<VmFlag> flags) {
        if (!flags.contains(VmFlag.WRITE)) {
            return Optional.empty();
        }
        long to = Math.min(mapping().iSize().read(), pos + lengthBytes);
        if (inode.valid().read() >= to) {
            return Optional.empty();
        }
        MmapLock lock = node().parts().get(MmapLock.PART, () -> RwSemaphore::downWriteTrylock);
        if (!lock.take(inode.iRwsem())) {
            return Optional.of(Errno.EAGAIN);
        }
        Optional<Errno> error = extendInitializedSize(inode.valid().read(), to);
        inode.iRwsem().upWrite();
        return error;
    }

    @Override
    @Models(file = "fs/libfs.c", symbol = "generic_file_fsync")
    public Optional<Errno> fsync(OpenFile file) {
        return fsyncWithInode();
    }

    /// Takes no `invalidate_lock`: a fault may add a page behind the new end, and then finds that it is there.
    @Override
    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        mapping().dioWait();
        if (sizeBytes > mapping().iSize().read()) {
            extend(sizeBytes, 0, false);
            inode.setSize(sizeBytes);
        } else {
            shrink(sizeBytes);
        }
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Models(file = "fs/ntfs3/file.c", symbol = "ntfs_truncate")
    private void shrink(long sizeBytes) {
        BufferedIo.truncatePage(node(), mapping(), sizeBytes, inode.blocks());
        inode.setSize(sizeBytes);
        Truncate.truncatePagecache(mapping(), sizeBytes);
        inode.onDisk().truncateBlocks(Content.pages(sizeBytes));
        long valid = inode.valid().read();
        long newValid = Content.pages(Math.min(valid, sizeBytes)) * Content.SIZE;
        if (newValid < valid) {
            inode.valid().write(newValid);
        }
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return new Ntfs3Fallocate(inode).fallocate(mode, offset, lengthBytes);
    }
}
