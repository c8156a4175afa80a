package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.Descriptors;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.btrfs.OrderedExtents.Ordered;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of btrfs: fs/btrfs/file.c, fs/btrfs/inode.c.
final class BtrfsFile extends CachedFile {
    private final BtrfsInode inode;

    BtrfsFile(BtrfsInode inode) {
        super(inode);
        this.inode = inode;
    }

    private BtrfsDirect direct() {
        return node().parts().get(BtrfsDirect.PART, BtrfsDirect::new);
    }

    private RetryLoop retryLoop(String site) {
        return node().machine().retryLoop(site);
    }

    // ---- read ----

    /// What a direct read leaves over is read through the cache.
    @Override
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        long before = 0;
        if (iocb.isDirect()) {
            SysResult read = direct().directRead(inode, iocb, to);
            if (read instanceof SysResult.Err || to.count() == 0 || iocb.pos() >= mapping().iSize().read()) {
                return read;
            }
            before = read.bytes();
        }
        SysResult read = cachedRead(iocb, to);
        return before > 0 ? SysResult.ok(before + read.bytes()) : read;
    }

    @Override
    public boolean copiesByItself() {
        return true;
    }

    // ---- write ----

    @Override
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_do_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        return synced(iocb, iocb.isDirect() ? direct().directWrite(inode, iocb, from) : bufferedWrite(iocb, from));
    }

    /// Zeroes the end of the last block before a write behind it. The caller holds `i_rwsem`.
    ///
    /// @return -EAGAIN if the write must not wait: every block is written to another place, which is found first
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_write_check")
    Optional<Errno> writeCheck(Kiocb iocb) {
        if (iocb.isNowait()) {
            return Optional.of(Errno.EAGAIN);
        }
        long before = mapping().iSize().read();
        if (iocb.pos() > before) {
            truncateBlock(before);
        }
        return Optional.empty();
    }

    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_buffered_write")
    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult result = refused.isEmpty() && from.count() == 0 ? SysResult.ZERO
                : refused.or(() -> writeCheck(iocb)).map(SysResult::err).orElseGet(() -> copyRanges(iocb, from));
        inode.iRwsem().upWrite();
        return result;
    }

    private SysResult copyRanges(Kiocb iocb, IovIter from) {
        RetryLoop loop = retryLoop("btrfs_buffered_write");
        boolean reads = node().parts().get(ShortCopy.PART, () -> ShortCopy.TRIES_AGAIN) == ShortCopy.READS_THE_PAGE;
        long written = 0;
        boolean upToDate = false;
        while (from.count() > 0) {
            SysResult copied = copyOneRange(from, iocb.pos() + written, upToDate);
            if (copied instanceof SysResult.Err) {
                if (written == 0) {
                    return copied;
                }
                break;
            }
            written += copied.bytes();
            upToDate = reads && copied.bytes() == 0;
            loop.again(written, upToDate ? 1 : 0);
        }
        iocb.setPos(iocb.pos() + written);
        return SysResult.ok(written);
    }

    /// Copies what goes into one page. All of it has to be there: a page's worth of which one byte is missing fails.
    ///
    /// @param upToDate whether the page has to be, even if all of it is to be replaced
    /// @return the bytes copied, 0 to try again; -EFAULT
    @Models(file = "fs/btrfs/file.c", symbol = "copy_one_range")
    private SysResult copyOneRange(IovIter from, long pos, boolean upToDate) {
        int offset = (int) (pos % Content.SIZE);
        int bytes = (int) Math.min(from.count(), Content.SIZE - offset);
        if (from.faultInReadable(bytes) != 0) {
            return SysResult.err(Errno.EFAULT);
        }
        Prepared prepared = prepare(pos, bytes < Content.SIZE || upToDate);
        Folio folio = prepared.folio;
        int copied = (int) from.copyFolioFromIterAtomic(folio, offset, bytes);
        if (copied < bytes && folio.flags().readBits(Folio.UPTODATE) == 0) {
            from.revert(copied);
            copied = 0;
        }
        if (copied > 0) {
            folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
            inode.extendTo(pos + copied);
        }
        if (prepared.locked) {
            inode.extentLock().unlock(folio.index(), folio.index());
        }
        folio.lock().unlock();
        folio.put();
        return SysResult.ok(copied);
    }

    /// A page to copy into: locked.
    ///
    /// @param locked whether its range is locked as well: inside the file
    private record Prepared(Folio folio, boolean locked) {}

    @Models(file = "fs/btrfs/file.c", symbol = "prepare_one_folio")
    private Prepared prepare(long pos, boolean upToDate) {
        RetryLoop loop = retryLoop("prepare_one_folio");
        for (;;) {
            Folio folio = node().filemap().getLockedFolio(mapping(), pos / Content.SIZE);
            Writeback.waitForFolio(folio);
            if (!upToDate || readForPart(folio)) {
                Optional<Prepared> prepared = lockAndCleanupExtent(folio, pos - pos % Content.SIZE);
                if (prepared.isPresent()) {
                    return prepared.get();
                }
            }
            loop.again();
        }
    }

    /// {@return whether the page is up to date, locked and part of the file; else it is given back}
    @Models(file = "fs/btrfs/file.c", symbol = "prepare_uptodate_folio")
    private boolean readForPart(Folio folio) {
        if (folio.flags().readBits(Folio.UPTODATE) != 0) {
            return true;
        }
        inode.readFolio(mapping(), folio);
        folio.lock().lock();
        if (Filemap.isPartOf(folio, mapping())) {
            return true;
        }
        folio.lock().unlock();
        folio.put();
        return false;
    }

    /// Locks the range of a page inside the file; nothing of it may be being written. Gives the page back where it is.
    @Models(file = "fs/btrfs/file.c", symbol = "lock_and_cleanup_extent_if_need")
    private Optional<Prepared> lockAndCleanupExtent(Folio folio, long start) {
        if (start >= mapping().iSize().read()) {
            return Optional.of(new Prepared(folio, false));
        }
        long index = folio.index();
        inode.extentLock().lock(index, index);
        Optional<Ordered> writing = inode.ordered().lookup(index, index);
        if (writing.isEmpty()) {
            return Optional.of(new Prepared(folio, true));
        }
        inode.extentLock().unlock(index, index);
        folio.lock().unlock();
        folio.put();
        inode.ordered().await(writing.get());
        return Optional.empty();
    }

    /// Writes what a direct write has left over through the cache, and to the disk at once.
    ///
    /// @param before what the direct write has written; an error comes before it
    SysResult bufferedRest(Kiocb iocb, IovIter from, long before) {
        long start = iocb.pos();
        SysResult buffered = bufferedWrite(iocb, from);
        if (buffered instanceof SysResult.Err) {
            return buffered;
        }
        long end = start + buffered.bytes() - 1;
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), start, end);
        if (error.isPresent()) {
            return SysResult.err(error.get());
        }
        Truncate.invalidateMappingPages(mapping(), start / Content.SIZE, end / Content.SIZE);
        return SysResult.ok(before + buffered.bytes());
    }

    // ---- mappings ----

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.CAN_ODIRECT, FileMode.NOWAIT);
    }

    /// Called with `mmap_lock` held for writing: noting the time of the access locks the inode's part of the tree.
    @Override
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_file_mmap_prepare")
    public VmOperations mmap(OpenFile file) {
        inode.delayedUpdate(); // file_accessed
        return super.mmap(file);
    }

    /// A page becomes writable when nothing of it is being written. Takes and drops `i_mmap_lock` for reading.
    @Override
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_page_mkwrite")
    public VmFaultResult pageMkwrite(VmFault fault) {
        Folio folio = fault.folio();
        long index = fault.pageIndex();
        RetryLoop loop = retryLoop("btrfs_page_mkwrite");
        for (;;) {
            inode.iMmapLock().downRead();
            folio.lock().lock();
            long left = mapping().iSize().read() - index * Content.SIZE;
            if (!Filemap.isPartOf(folio, mapping()) || left <= 0) {
                folio.lock().unlock();
                inode.iMmapLock().upRead();
                return VmFaultResult.NOPAGE;
            }
            Writeback.waitForFolio(folio);
            inode.extentLock().lock(index, index);
            Optional<Ordered> writing = inode.ordered().lookup(index, index);
            if (writing.isEmpty()) {
                makeWritable(folio, (int) Math.min(left, Content.SIZE));
                return VmFaultResult.LOCKED;
            }
            inode.extentLock().unlock(index, index);
            folio.lock().unlock();
            inode.iMmapLock().upRead();
            inode.ordered().await(writing.get());
            loop.again();
        }
    }

    private void makeWritable(Folio folio, int inFile) {
        if (inFile < Content.SIZE) {
            folio.data().zero(inFile, Content.SIZE - inFile);
        }
        folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
        inode.extentLock().unlock(folio.index(), folio.index());
        inode.iMmapLock().upRead();
    }

    // ---- the rest ----

    /// Pages are written before the locks are taken, and what has become dirty meanwhile under them. Takes and drops
    /// `i_rwsem` and `i_mmap_lock` for writing.
    @Override
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_sync_file")
    public Optional<Errno> fsync(OpenFile file) {
        Optional<Errno> first = Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
        inode.iRwsem().downWrite();
        inode.iMmapLock().downWrite();
        Optional<Errno> second = Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
        inode.ordered().awaitRange(0, Long.MAX_VALUE / Content.SIZE);
        inode.commitDelayed();
        inode.iMmapLock().upWrite();
        inode.iRwsem().upWrite();
        return first.or(() -> second);
    }

    @Override
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_setsize")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        long before = mapping().iSize().read();
        if (sizeBytes > before) {
            truncateBlock(before);
            setSize(sizeBytes);
        } else {
            setSize(sizeBytes);
            Truncate.truncatePagecache(mapping(), sizeBytes);
            mapping().dioWait();
            dropExtents(sizeBytes);
        }
        inode.delayedUpdate();
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    private void setSize(long sizeBytes) {
        mapping().iSize().write(sizeBytes);
        inode.onDisk().setSizeBytes(sizeBytes);
    }

    /// Forgets the extents behind the end, once nothing of them is being written.
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_truncate")
    private void dropExtents(long sizeBytes) {
        long first = sizeBytes / Content.SIZE;
        long last = Long.MAX_VALUE / Content.SIZE;
        inode.ordered().awaitRange(first, last);
        inode.extentLock().lock(first, last);
        inode.fileSystem().tree().leaf().downWrite();
        inode.onDisk().truncateBlocks(Content.pages(sizeBytes));
        inode.fileSystem().tree().leaf().upWrite();
        inode.extentLock().unlock(first, last);
    }

    /// Zeroes the rest of the block that `from` is in the middle of. The caller holds `i_rwsem`.
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_truncate_block")
    private void truncateBlock(long from) {
        int offset = (int) (from % Content.SIZE);
        if (offset != 0) {
            zeroPart(from, Content.SIZE - offset);
        }
    }

    /// Zeroes `lengthBytes` bytes from `from` on, all of one block. The caller holds `i_rwsem`.
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_truncate_block")
    void zeroPart(long from, int lengthBytes) {
        Prepared prepared = prepare(from, true);
        Folio folio = prepared.folio;
        folio.data().zero((int) (from % Content.SIZE), lengthBytes);
        folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
        if (prepared.locked) {
            inode.extentLock().unlock(folio.index(), folio.index());
        }
        folio.lock().unlock();
        folio.put();
    }

    @Override
    @Models(file = "fs/btrfs/file.c", symbol = "btrfs_file_llseek")
    public SysResult seek(OpenFile file, Sought sought, long offset) {
        return new BtrfsSeek(inode).seek(sought, offset);
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return new BtrfsFallocate(inode).fallocate(mode, offset, lengthBytes);
    }

    @Override
    public SysResult ioctl(OpenFile file, Descriptors descriptors, long command, long argument) {
        return node().parts().get(SearchIoctl.PART, SearchIoctl::new)
                .ioctl(inode.fileSystem().tree(), node().userMemory(), command, argument);
    }
}
