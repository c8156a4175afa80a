package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.SpliceRead;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.iomap.Seek;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Optional;

/// Files of gfs2: which way a request goes, page faults, truncate and fsync (fs/gfs2/file.c).
final class Gfs2File implements FileOperations, VmOperations {
    private final Gfs2Inode inode;
    private final Gfs2Io io;

    Gfs2File(Gfs2Inode inode, Gfs2Io io) {
        this.inode = inode;
        this.io = io;
    }

    private AddressSpace mapping() {
        return inode.mapping();
    }

    private Glock glock() {
        return inode.glock();
    }

    // ---- read and write ----

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (iocb.isDirect()) {
            SysResult direct = io.directRead(inode, iocb, to);
            if (!direct.is(Errno.ENOTBLK)) {
                return direct;
            }
            iocb.clearDirect();
        }
        return io.bufferedRead(inode, iocb, to);
    }

    /// Reads under the glock; pages of the cache do not get into a pipe.
    @Override
    @Models(file = "fs/splice.c", symbol = "copy_splice_read")
    public SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        return SpliceRead.copy(iocb, pipe, lengthBytes);
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        if (iocb.isAppend()) {
            // The size is only known to be right after the glock was held once.
            glock().dq(glock().nq(LockState.SHARED, inode));
        }
        inode.iRwsem().downWrite();
        if (iocb.isAppend()) {
            iocb.setPos(mapping().iSize().read());
        }
        boolean direct = iocb.isDirect(); // direct I/O makes durable what it wrote, the rest is written out in any case
        SysResult result = direct ? directThenBuffered(iocb, from) : io.bufferedWrite(inode, iocb, from);
        if (!direct && iocb.isDsync() && result.isPositive()) {
            result = synced(iocb, result);
        }
        inode.iRwsem().upWrite();
        return result;
    }

    /// What direct I/O leaves over goes through the page cache, and is written out and dropped there.
    private SysResult directThenBuffered(Kiocb iocb, IovIter from) {
        SysResult direct = io.directWrite(inode, iocb, from);
        if (direct instanceof SysResult.Err || from.count() == 0) {
            return direct;
        }
        long start = iocb.pos();
        SysResult buffered = io.bufferedWrite(inode, iocb, from);
        if (!buffered.isPositive()) {
            return direct.isPositive() ? direct : buffered;
        }
        long end = start + buffered.bytes() - 1;
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), start, end);
        Truncate.invalidateMappingPages(mapping(), start / Content.SIZE, end / Content.SIZE);
        if (error.isPresent()) {
            return direct.isPositive() ? direct : SysResult.err(error.get());
        }
        return SysResult.ok(direct.bytes() + buffered.bytes());
    }

    private SysResult synced(Kiocb iocb, SysResult result) {
        Optional<Errno> error = fsync(iocb.file());
        return error.isPresent() ? SysResult.err(error.get()) : result;
    }

    // ---- mappings ----

    /// Takes the glock once, in whichever state, for the access time.
    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_mmap")
    public VmOperations mmap(OpenFile file) {
        glock().dq(glock().nqAny(LockState.SHARED, inode));
        return this;
    }

    /// Under the glock in SHARED.
    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_fault")
    public VmFaultResult fault(VmFault fault) {
        GlockHolder holder = glock().nq(LockState.SHARED, inode);
        VmFaultResult result = inode.node().filemap().fault(fault, mapping());
        glock().dq(holder);
        return result;
    }

    /// Without the glock: what is cached is covered by what the node has.
    @Override
    public VmFaultResult mapPages(VmFault fault) {
        return inode.node().filemap().mapPages(fault, mapping());
    }

    @Override
    public boolean wantsPageMkwrite() {
        return true;
    }

    /// Under the glock in EXCLUSIVE, which allocates the block if there is none. The page becomes dirty when the glock was
    /// given up, with its lock held.
    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_page_mkwrite")
    public VmFaultResult pageMkwrite(VmFault fault) {
        GlockHolder holder = glock().nq(LockState.EXCLUSIVE, inode);
        VmFaultResult result = VmFaultResult.SIGBUS;
        long pos = fault.pageIndex() * Content.SIZE;
        if (pos < mapping().iSize().read()) {
            inode.notesMappedWrite();
            result = lockedPage(fault.folio(), pos);
        }
        glock().dq(holder);
        if (result == VmFaultResult.LOCKED) {
            mapping().dirtyFolio(fault.folio());
            Writeback.waitForFolio(fault.folio());
        }
        return result;
    }

    private VmFaultResult lockedPage(Folio folio, long pos) {
        folio.lock().lock();
        if (folio.flags().readBits(Folio.UPTODATE) == 0 || !Filemap.isPartOf(folio, mapping())) {
            folio.lock().unlock();
            return VmFaultResult.NOPAGE;
        }
        inode.blocks().begin(pos, Content.SIZE, IomapOps.Purpose.WRITE);
        return VmFaultResult.LOCKED;
    }

    // ---- the rest ----

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_fsync")
    public Optional<Errno> fsync(OpenFile file) {
        return Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
    }

    @Override
    @Models(file = "fs/gfs2/inode.c", symbol = "gfs2_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        GlockHolder holder = glock().nq(LockState.EXCLUSIVE, inode);
        long before = mapping().iSize().read();
        mapping().iSize().write(sizeBytes);
        inode.updateSizeOnDisk();
        if (sizeBytes < before) {
            BufferedIo.truncatePage(inode.node(), mapping(), sizeBytes, inode.blocks());
            Truncate.truncatePagecache(mapping(), sizeBytes);
            inode.onDisk().truncateBlocks(Content.pages(sizeBytes));
        }
        glock().dq(holder);
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    @Models(file = "fs/gfs2/inode.c", symbol = "gfs2_seek_data")
    public SysResult seek(OpenFile file, Sought sought, long offset) {
        inode.iRwsem().downRead();
        GlockHolder holder = glock().nq(LockState.SHARED, inode);
        SysResult found = Seek.seek(mapping(), inode.blocks(), sought, offset);
        glock().dq(holder);
        inode.iRwsem().upRead();
        return found;
    }

    /// Under the glock in EXCLUSIVE. Blocks are zeroed on the disk as they are allocated: there are no unwritten ones.
    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_fallocate")
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        if ((mode & ~(Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE)) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        GlockHolder holder = glock().nq(LockState.EXCLUSIVE, inode);
        long end = offset + lengthBytes;
        if ((mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0) {
            punchHole(offset, end);
        } else {
            for (long index = offset / Content.SIZE; index < Content.pages(end); index++) {
                allocateChunk(index);
            }
            if ((mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0 && end > mapping().iSize().read()) {
                mapping().iSize().write(end);
                inode.updateSizeOnDisk();
            }
        }
        glock().dq(holder);
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Models(file = "fs/gfs2/file.c", symbol = "fallocate_chunk")
    private void allocateChunk(long index) {
        if (inode.blocks().begin(index * Content.SIZE, Content.SIZE, IomapOps.Purpose.WRITE)
                instanceof IomapOps.Begin.Mapped(Iomap iomap) && iomap.isNew()) {
            iomap.device().block(iomap.diskPosition() / Content.SIZE).zero();
        }
    }

    @Models(file = "fs/gfs2/bmap.c", symbol = "__gfs2_punch_hole")
    private void punchHole(long start, long end) {
        BufferedIo.zeroPartialPages(inode.node(), mapping(), start, end, inode.blocks());
        Truncate.truncatePagecacheRange(mapping(), start, end);
        if (Content.pages(start) < end / Content.SIZE) {
            inode.onDisk().punchBlocks(Content.pages(start), end / Content.SIZE);
        }
    }
}
