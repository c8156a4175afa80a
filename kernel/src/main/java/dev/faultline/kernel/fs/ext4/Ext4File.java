package dev.faultline.kernel.fs.ext4;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.iomap.Seek;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.GenericWrite;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of ext4: fs/ext4/file.c, fs/ext4/inode.c.
final class Ext4File extends CachedFile implements GenericWrite.PageWriter {
    private final Ext4Inode inode;

    Ext4File(Ext4Inode inode) {
        super(inode);
        this.inode = inode;
    }

    // ---- read ----

    /// A buffered read takes no lock of the inode: it may see a part of a write.
    @Override
    @Models(file = "fs/ext4/file.c", symbol = "ext4_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (iocb.isDirect()) {
            return dioRead(iocb, to);
        }
        return cachedRead(iocb, to);
    }

    @Override
    @Models(file = "fs/ext4/file.c", symbol = "ext4_file_splice_read")
    public SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        return super.spliceRead(iocb, pipe, lengthBytes);
    }

    @Models(file = "fs/ext4/file.c", symbol = "ext4_dio_read_iter")
    private SysResult dioRead(Kiocb iocb, IovIter to) {
        if (!lockShared(iocb)) {
            return SysResult.err(Errno.EAGAIN);
        }
        SysResult read = directIo().rw(iocb, to, inode.blocks(), EnumSet.noneOf(DioFlag.class), 0);
        inode.iRwsem().upRead();
        return read;
    }

    /// {@return whether `i_rwsem` is held for reading now: a request that must not wait only tries}
    private boolean lockShared(Kiocb iocb) {
        if (iocb.isNowait()) {
            return inode.iRwsem().downReadTrylock();
        }
        inode.iRwsem().downRead();
        return true;
    }

    // ---- write ----

    @Override
    @Models(file = "fs/ext4/file.c", symbol = "ext4_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        return iocb.isDirect() ? dioWrite(iocb, from) : lockedBufferedWrite(iocb, from);
    }

    @Models(file = "fs/ext4/file.c", symbol = "ext4_buffered_write_iter")
    private SysResult lockedBufferedWrite(Kiocb iocb, IovIter from) {
        if (iocb.isNowait()) {
            return SysResult.err(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get()) : bufferedWrite(iocb, from);
        inode.iRwsem().upWrite();
        return synced(iocb, written);
    }

    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        SysResult written = GenericWrite.perform(node().machine(), from, iocb.pos(), this);
        iocb.setPos(iocb.pos() + written.bytes());
        return written;
    }

    /// A direct write that stays inside the file and on allocated blocks shares the inode lock with others of
    /// its kind; what direct I/O leaves over goes through the page cache, and is written out and dropped there.
    @Models(file = "fs/ext4/file.c", symbol = "ext4_dio_write_iter")
    private SysResult dioWrite(Kiocb iocb, IovIter from) {
        if (!lockShared(iocb)) {
            return SysResult.err(Errno.EAGAIN);
        }
        Optional<Errno> refused = iocb.writeChecks(from);
        boolean unaligned = (iocb.pos() | from.alignment()) % Content.SIZE != 0;
        DiskInode.Blocks blocks = refused.isPresent() ? DiskInode.Blocks.WRITTEN : blocksInFile(iocb.pos(), from.count());
        boolean shared = blocks == DiskInode.Blocks.WRITTEN || blocks == DiskInode.Blocks.UNWRITTEN && !unaligned;
        if (!shared) {
            inode.iRwsem().upRead();
            if (iocb.isNowait()) {
                return SysResult.err(Errno.EAGAIN);
            }
            inode.iRwsem().downWrite();
            refused = iocb.writeChecks(from);
        }
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : shared ? sharedDioWrite(iocb, from, blocks)
                : exclusiveDioWrite(iocb, from);
        if (shared) {
            inode.iRwsem().upRead();
        } else {
            inode.iRwsem().upWrite();
        }
        if (written.is(Errno.ENOTBLK)) {
            written = SysResult.ZERO;
        }
        return written instanceof SysResult.Ok && from.count() > 0 ? rest(iocb, from, written.bytes()) : written;
    }

    private SysResult sharedDioWrite(Kiocb iocb, IovIter from, DiskInode.Blocks blocks) {
        EnumSet<DioFlag> none = EnumSet.noneOf(DioFlag.class);
        AllocatedBlocks toWrite = inode.blocksToWrite();
        return blocks == DiskInode.Blocks.WRITTEN ? directIo().rw(iocb, from, inode.blocks(), none, 0)
                : directIo().rw(iocb, from, toWrite, toWrite, none, 0);
    }

    /// A direct write that may zero parts of a new block waits for those under way, which may do the same; so that
    /// none starts beside it, and as the size must not move before the bytes are there, it is waited for itself. The
    /// caller holds `i_rwsem` for writing.
    @Models(file = "fs/ext4/file.c", symbol = "ext4_dio_write_checks")
    private SysResult exclusiveDioWrite(Kiocb iocb, IovIter from) {
        boolean unaligned = (iocb.pos() | from.alignment()) % Content.SIZE != 0;
        boolean extending = iocb.pos() + from.count() > mapping().iSize().read();
        if (unaligned && blocksInFile(iocb.pos(), from.count()) != DiskInode.Blocks.WRITTEN) {
            mapping().dioWait();
        }
        EnumSet<DioFlag> flags = unaligned || extending ? EnumSet.of(DioFlag.FORCE_WAIT) : EnumSet.noneOf(DioFlag.class);
        return extendingDioWrite(iocb, from, flags);
    }

    /// A direct write that may need blocks or make the file longer: the size moves when the bytes are on disk, and
    /// blocks behind it that were not written go again. The caller holds `i_rwsem` for writing.
    @Models(file = "fs/ext4/file.c", symbol = "ext4_handle_inode_extension")
    private SysResult extendingDioWrite(Kiocb iocb, IovIter from, EnumSet<DioFlag> flags) {
        long before = mapping().iSize().read();
        long asked = iocb.pos() + from.count();
        AllocatedBlocks blocks = inode.blocksToWrite();
        SysResult written = directIo().rw(iocb, from, blocks, blocks, flags, 0);
        if (written.isPositive() && iocb.pos() > before) {
            mapping().iSize().write(iocb.pos());
            inode.onDisk().setSizeBytes(iocb.pos());
        }
        if (asked > before && !(written.isPositive() && iocb.pos() == asked)) {
            inode.onDisk().truncateBlocks((mapping().iSize().read() + Content.SIZE - 1) / Content.SIZE);
        }
        return written;
    }

    /// {@return which blocks the range has; as good as none if it reaches behind the end of the file}
    @Models(file = "fs/ext4/file.c", symbol = "ext4_overwrite_io")
    private DiskInode.Blocks blocksInFile(long pos, long lengthBytes) {
        return pos + lengthBytes <= mapping().iSize().read()
                ? inode.onDisk().blocks(pos / Content.SIZE, (pos + lengthBytes - 1) / Content.SIZE) : DiskInode.Blocks.MISSING;
    }

    private SysResult rest(Kiocb iocb, IovIter from, long before) {
        long start = iocb.pos();
        SysResult buffered = lockedBufferedWrite(iocb, from);
        if (buffered instanceof SysResult.Err) {
            return buffered;
        }
        long end = start + buffered.bytes() - 1;
        if (end >= start && Writeback.writeAndWaitRange(mapping(), start, end).isEmpty()) {
            Truncate.invalidateMappingPages(mapping(), start / Content.SIZE, end / Content.SIZE);
        }
        return SysResult.ok(before + buffered.bytes());
    }

    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_write_begin")
    public GenericWrite.Begin begin(long pos, int lengthBytes) {
        long start = pos / Content.SIZE * Content.SIZE;
        Folio folio = node().filemap().getLockedFolio(mapping(), pos / Content.SIZE);
        Writeback.waitForFolio(folio);
        boolean upToDate = folio.flags().readBits(Folio.UPTODATE) != 0;
        boolean hole = !upToDate && isHole(start);
        IomapOps.Begin begun = inode.blocks().begin(start, Content.SIZE, IomapOps.Purpose.WRITE);
        if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
            folio.lock().unlock();
            folio.put();
            return new GenericWrite.Begin.Failed(((IomapOps.Begin.Failed) begun).errno());
        }
        if (hole) {
            // Nothing needs to be read. The page becomes up to date when the copy is complete, so that a copy that stops
            // half-way counts for nothing.
            folio.data().zeroSegments((int) (pos - start), lengthBytes);
        } else if (!upToDate && lengthBytes < Content.SIZE) {
            Bio bio = new Bio(iomap.device(), false, iomap.diskPositionOf(start));
            bio.add(folio, 0, Content.SIZE);
            bio.submitAndWait();
            folio.flags().setBits(Folio.UPTODATE);
        }
        return new GenericWrite.Begin.Ready(folio);
    }

    /// {@return whether the page lies on no block that holds data: also on none but a promised one}
    private boolean isHole(long pos) {
        return inode.blocks().begin(pos, Content.SIZE, IomapOps.Purpose.LOOK_UP) instanceof IomapOps.Begin.Mapped(Iomap iomap)
                && iomap.type() != Iomap.Type.MAPPED;
    }

    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_da_do_write_end")
    public int end(long pos, int lengthBytes, int copied, Folio folio) {
        boolean rejected = copied < lengthBytes && folio.flags().readBits(Folio.UPTODATE) == 0;
        int accepted = rejected ? 0 : copied;
        if (accepted > 0) {
            folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
        } else if (rejected && copied == 0) {
            zeroNewBuffers(folio);
        }
        long before = mapping().iSize().read();
        // Also where nothing was copied: a write behind the end that fails leaves a file that ends where it began.
        if (pos + accepted > before) {
            mapping().iSize().write(pos + accepted);
            inode.onDisk().setSizeBytes(pos + accepted);
        }
        folio.lock().unlock();
        folio.put();
        if (pos > before) {
            zeroPartialBlocks(before, pos);
        }
        return accepted;
    }

    /// A block that was promised to a write of which nothing was copied is to be written nevertheless, as zeroes. The page
    /// is not up to date by that. Another write to the page that fails finds the block no longer new.
    @Models(file = "fs/buffer.c", symbol = "folio_zero_new_buffers")
    private void zeroNewBuffers(Folio folio) {
        if (folio.flags().readBits(Folio.BUFFERS) == 0 && isHole(folio.index() * Content.SIZE)) {
            folio.data().zero(0, Content.SIZE);
            folio.flags().setBits(Folio.DIRTY | Folio.BUFFERS);
        }
    }

    /// Zeroes what a mapping may have written behind the old end of the file, up to where the write began. The rest
    /// of the page keeps what is there.
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_zero_partial_blocks")
    private void zeroPartialBlocks(long before, long pos) {
        int offset = (int) (before % Content.SIZE);
        long end = Math.min(pos, before - offset + Content.SIZE);
        if (offset != 0) {
            BufferedIo.zeroRange(node(), mapping(), before, (int) (end - before), inode.blocks());
        }
    }

    // ---- the rest ----

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.CAN_ODIRECT, FileMode.NOWAIT, FileMode.DONTCACHE);
    }

    /// Blocks are promised before the page becomes writable. Takes and drops `invalidate_lock` for reading.
    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_page_mkwrite")
    public VmFaultResult pageMkwrite(VmFault fault) {
        mapping().invalidateLock().downRead();
        VmFaultResult result = VmFaultResult.SIGBUS;
        if (fault.pageIndex() * Content.SIZE < mapping().iSize().read()) {
            inode.blocks().begin(fault.pageIndex() * Content.SIZE, Content.SIZE, IomapOps.Purpose.WRITE);
            result = Filemap.pageMkwrite(fault, mapping());
        }
        mapping().invalidateLock().upRead();
        return result;
    }

    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        mapping().dioWait(); // blocks may go away
        mapping().invalidateLock().downWrite();
        long before = mapping().iSize().read();
        if (sizeBytes > before) {
            BufferedIo.truncatePage(node(), mapping(), before, inode.blocks()); // a mapping may have written there
        }
        mapping().iSize().write(sizeBytes);
        inode.onDisk().setSizeBytes(sizeBytes);
        if (sizeBytes < before) {
            Truncate.truncatePagecache(mapping(), sizeBytes);
            BufferedIo.truncatePage(node(), mapping(), sizeBytes, inode.blocks());
            inode.onDisk().truncateBlocks((sizeBytes + Content.SIZE - 1) / Content.SIZE);
        }
        mapping().invalidateLock().upWrite();
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    @Models(file = "fs/ext4/file.c", symbol = "ext4_llseek")
    public SysResult seek(OpenFile file, Sought sought, long offset) {
        inode.iRwsem().downRead();
        SysResult found = Seek.seek(mapping(), inode.blocks(), sought, offset);
        inode.iRwsem().upRead();
        return found;
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return new Ext4Fallocate(inode).fallocate(mode, offset, lengthBytes);
    }
}
