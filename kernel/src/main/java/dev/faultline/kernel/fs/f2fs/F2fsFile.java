package dev.faultline.kernel.fs.f2fs;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
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

/// Reading, writing and mapping files of f2fs: fs/f2fs/file.c, fs/f2fs/data.c.
final class F2fsFile extends CachedFile implements GenericWrite.PageWriter {
    private static final int SECTOR_BYTES = 512;

    private final F2fsInode inode;

    F2fsFile(F2fsInode inode) {
        super(inode);
        this.inode = inode;
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.CAN_ODIRECT, FileMode.NOWAIT);
    }

    /// {@return whether the request goes to the disk: parts of blocks go through the cache, as long as they are sectors}
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_should_use_dio")
    private static boolean shouldUseDio(Kiocb iocb, IovIter iter) {
        long alignment = iocb.pos() | iter.alignment();
        return iocb.isDirect() && (alignment % Content.SIZE == 0 || alignment % SECTOR_BYTES != 0);
    }

    // ---- read ----

    /// Takes no lock of the inode: it may see a part of a write.
    @Override
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (shouldUseDio(iocb, to)) {
            return dioRead(iocb, to);
        }
        return cachedRead(iocb, to);
    }

    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_dio_read_iter")
    private SysResult dioRead(Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
        if (!iocb.isNowait()) {
            inode.gcRead().downRead();
        } else if (!inode.gcRead().downReadTrylock()) {
            return SysResult.err(Errno.EAGAIN);
        }
        SysResult read = directIo().rw(iocb, to, inode.blocksForDirect(false), EnumSet.noneOf(DioFlag.class), 0);
        inode.gcRead().upRead();
        return read;
    }

    // ---- write ----

    @Override
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        if (!iocb.isNowait()) {
            inode.iRwsem().downWrite();
        } else if (!inode.iRwsem().downWriteTrylock()) {
            return SysResult.err(Errno.EAGAIN);
        }
        Optional<Errno> refused = iocb.writeChecks(from);
        if (refused.isPresent() || from.count() == 0) {
            inode.iRwsem().upWrite();
            return refused.map(SysResult::err).orElse(SysResult.ZERO);
        }
        zeroPostEofPages(iocb.pos() + from.count());
        boolean direct = shouldUseDio(iocb, from);
        long start = iocb.pos();
        long target = start + from.count();
        boolean preallocated = preallocate(iocb, from, direct);
        SysResult written = direct ? dioWrite(iocb, from) : bufferedWrite(iocb, from);
        if (preallocated && mapping().iSize().read() < target) {
            dropBlocksBehindTheEnd();
        }
        inode.iRwsem().upWrite();
        if (!direct && iocb.isDirect() && written.isPositive()) {
            flushBufferedWrite(start, start + written.bytes() - 1);
        }
        return synced(iocb, written);
    }

    /// Makes blocks for whole pages of a write that will not stop short: all of the source is there now. A direct write
    /// that begins inside the file finds its blocks or goes through the cache.
    ///
    /// @return whether there may be new ones
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_preallocate_blocks")
    private boolean preallocate(Kiocb iocb, IovIter from, boolean direct) {
        long pos = iocb.pos();
        if (direct && pos / Content.SIZE < Content.pages(mapping().iSize().read()) || iocb.isNowait()
                || from.faultInReadable(from.count()) != 0) {
            return false;
        }
        long first = Content.pages(pos);
        long last = (pos + from.count()) / Content.SIZE - 1;
        if (first > last) {
            return false;
        }
        inode.allocate(first, last, direct);
        return true;
    }

    private void dropBlocksBehindTheEnd() {
        inode.gcWrite().downWrite();
        mapping().invalidateLock().downWrite();
        truncateBlocks(mapping().iSize().read());
        mapping().invalidateLock().upWrite();
        inode.gcWrite().upWrite();
    }

    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_buffered_write_iter")
    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        if (iocb.isNowait()) {
            return SysResult.err(Errno.EOPNOTSUPP);
        }
        SysResult written = GenericWrite.perform(node().machine(), from, iocb.pos(), this);
        iocb.setPos(iocb.pos() + written.bytes());
        return written;
    }

    /// What meets a hole, or a page that cannot be dropped, goes through the cache from there on, and is written out and
    /// dropped there.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_dio_write_iter")
    private SysResult dioWrite(Kiocb iocb, IovIter from) {
        if (!iocb.isNowait()) {
            inode.gcWrite().downRead();
        } else if (!inode.gcWrite().downReadTrylock()) {
            return SysResult.err(Errno.EAGAIN);
        }
        boolean grows = iocb.pos() + from.count() > mapping().iSize().read();
        EnumSet<DioFlag> flags = grows ? EnumSet.of(DioFlag.FORCE_WAIT) : EnumSet.noneOf(DioFlag.class);
        SysResult direct = directIo().rw(iocb, from, inode.blocksForDirect(true), flags, 0);
        inode.gcWrite().upRead();
        SysResult written = direct.is(Errno.ENOTBLK) ? SysResult.ZERO : direct;
        if (written instanceof SysResult.Err) {
            return written;
        }
        if (written.isPositive()) {
            extendTo(iocb.pos());
        }
        return from.count() > 0 ? rest(iocb, from, written.bytes()) : written;
    }

    private SysResult rest(Kiocb iocb, IovIter from, long before) {
        long start = iocb.pos();
        SysResult buffered = bufferedWrite(iocb, from);
        if (buffered instanceof SysResult.Err) {
            return before > 0 ? SysResult.ok(before) : buffered;
        }
        if (buffered.isPositive()) {
            flushBufferedWrite(start, start + buffered.bytes() - 1);
        }
        return SysResult.ok(before + buffered.bytes());
    }

    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_flush_buffered_write")
    private void flushBufferedWrite(long start, long end) {
        if (Writeback.writeAndWaitRange(mapping(), start, end).isEmpty()) {
            Truncate.invalidateMappingPages(mapping(), start / Content.SIZE, end / Content.SIZE);
        }
    }

    private void extendTo(long sizeBytes) {
        if (sizeBytes > mapping().iSize().read()) {
            setSize(sizeBytes);
        }
    }

    private void setSize(long sizeBytes) {
        mapping().iSize().write(sizeBytes);
        inode.onDisk().setSizeBytes(sizeBytes);
    }

    @Override
    @Models(file = "fs/f2fs/data.c", symbol = "f2fs_write_begin")
    public GenericWrite.Begin begin(long pos, int lengthBytes) {
        Folio folio = node().filemap().getLockedFolio(mapping(), pos / Content.SIZE);
        long start = pos - pos % Content.SIZE;
        IomapOps.Begin before = inode.blocks().begin(start, Content.SIZE, IomapOps.Purpose.LOOK_UP);
        inode.blocks().begin(start, Content.SIZE, IomapOps.Purpose.WRITE); // prepare_write_begin
        Writeback.waitForFolio(folio);
        if (lengthBytes == Content.SIZE || folio.flags().readBits(Folio.UPTODATE) != 0) {
            return new GenericWrite.Begin.Ready(folio);
        }
        if (pos == start && pos + lengthBytes >= mapping().iSize().read()) {
            folio.data().zero(lengthBytes, Content.SIZE - lengthBytes);
            return new GenericWrite.Begin.Ready(folio);
        }
        if (before instanceof IomapOps.Begin.Mapped(Iomap iomap) && iomap.type() == Iomap.Type.MAPPED) {
            Bio bio = new Bio(iomap.device(), false, iomap.diskPositionOf(start));
            bio.add(folio, 0, Content.SIZE);
            bio.submitAndWait();
        } else {
            folio.data().zero(0, Content.SIZE);
        }
        folio.flags().setBits(Folio.UPTODATE);
        return new GenericWrite.Begin.Ready(folio);
    }

    @Override
    @Models(file = "fs/f2fs/data.c", symbol = "f2fs_write_end")
    public int end(long pos, int lengthBytes, int copied, Folio folio) {
        boolean rejected = copied < lengthBytes && folio.flags().readBits(Folio.UPTODATE) == 0;
        int accepted = rejected ? 0 : copied;
        if (accepted > 0) {
            folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
            extendTo(pos + accepted);
        }
        folio.lock().unlock();
        folio.put();
        return accepted;
    }

    // ---- the rest ----

    /// Under `invalidate_lock` for reading; blocks are promised under the folio lock.
    @Override
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_vm_page_mkwrite")
    public VmFaultResult pageMkwrite(VmFault fault) {
        Folio folio = fault.folio();
        mapping().invalidateLock().downRead();
        folio.lock().lock();
        long pos = folio.index() * Content.SIZE;
        long inside = Math.min(Content.SIZE, mapping().iSize().read() - pos);
        boolean there = Filemap.isPartOf(folio, mapping()) && inside > 0
                && folio.flags().readBits(Folio.UPTODATE) != 0;
        if (there) {
            inode.blocks().begin(pos, Content.SIZE, IomapOps.Purpose.WRITE);
            Writeback.waitForFolio(folio);
            folio.data().zero((int) inside, (int) (Content.SIZE - inside));
            mapping().dirtyFolio(folio);
        } else {
            folio.lock().unlock();
        }
        mapping().invalidateLock().upRead();
        return there ? VmFaultResult.LOCKED : VmFaultResult.NOPAGE;
    }

    @Override
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        mapping().dioWait();
        inode.gcWrite().downWrite();
        mapping().invalidateLock().downWrite();
        long before = mapping().iSize().read();
        if (sizeBytes > before) {
            Truncate.truncatePagecacheRange(mapping(), before, sizeBytes); // f2fs_zero_post_eof_page
        }
        setSize(sizeBytes);
        Truncate.truncatePagecache(mapping(), sizeBytes);
        if (sizeBytes <= before) {
            truncateBlocks(sizeBytes);
        }
        mapping().invalidateLock().upWrite();
        inode.gcWrite().upWrite();
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    /// Drops what mappings may have written behind the end, as far as it is about to become part of the file. Takes and
    /// drops `invalidate_lock` for writing.
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_zero_post_eof_page")
    void zeroPostEofPages(long newSize) {
        long size = mapping().iSize().read();
        if (size < newSize) {
            mapping().invalidateLock().downWrite();
            Truncate.truncatePagecacheRange(mapping(), size, newSize);
            mapping().invalidateLock().upWrite();
        }
    }

    /// A block that is but promised is neither data, unless its page is dirty, nor a hole.
    @Override
    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_seek_block")
    public SysResult seek(OpenFile file, Sought sought, long offset) {
        inode.iRwsem().downRead();
        long size = mapping().iSize().read();
        long found = offset < 0 || offset >= size ? size : seekBlock(sought, offset, size);
        inode.iRwsem().upRead();
        boolean none = offset < 0 || offset >= size || sought == Sought.DATA && found >= size;
        return none ? SysResult.err(Errno.ENXIO) : SysResult.ok(Math.min(found, size));
    }

    private long seekBlock(Sought sought, long offset, long size) {
        DiskInode blocks = inode.onDisk();
        long last = (size - 1) / Content.SIZE;
        for (long index = offset / Content.SIZE; index <= last;) {
            DiskInode.Blocks state = blocks.blocks(index, index);
            boolean hole = blocks.block(index) == DiskInode.HOLE;
            long next = hole && sought == Sought.DATA ? blocks.nextBlock(index) : index + 1;
            boolean isData = state == DiskInode.Blocks.WRITTEN || !hole && isDirty(index);
            if (sought == Sought.HOLE ? hole : isData) {
                return Math.max(offset, index * Content.SIZE);
            }
            index = next;
        }
        return size;
    }

    private boolean isDirty(long index) {
        return Writeback.hasPage(mapping(), index * Content.SIZE, index * Content.SIZE, true);
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return new F2fsFallocate(inode, this).fallocate(mode, offset, lengthBytes);
    }

    @Models(file = "fs/f2fs/file.c", symbol = "f2fs_do_truncate_blocks")
    private void truncateBlocks(long sizeBytes) {
        inode.onDisk().truncateBlocks(Content.pages(sizeBytes));
        BufferedIo.truncatePage(node(), mapping(), sizeBytes, inode.blocks());
    }
}
