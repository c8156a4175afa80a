package dev.faultline.history.ntfs;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of ntfs, which knows no direct I/O: fs/ntfs/file.c.
final class NtfsFile extends CachedFile {
    private final NtfsInode inode;

    NtfsFile(NtfsInode inode) {
        super(inode);
        this.inode = inode;
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.noneOf(FileMode.class);
    }

    @Override
    public SysResult readIter(Kiocb iocb, IovIter to) {
        return cachedRead(iocb, to);
    }

    // ---- write ----

    @Override
    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_file_write_iter", release = "v5.14")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult written = SysResult.ZERO;
        if (refused.isPresent()) {
            written = SysResult.err(refused.get());
        } else if (from.count() > 0) {
            prepare(iocb.pos(), iocb.pos() + from.count());
            written = performWrite(from, iocb.pos());
        }
        inode.iRwsem().upWrite();
        iocb.setPos(iocb.pos() + written.bytes());
        return synced(iocb, written);
    }

    /// Makes clusters, and zeroes what is between the initialized size and the start.
    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_prepare_file_for_write", release = "v5.14")
    private void prepare(long pos, long end) {
        if (end > mapping().iSize().read()) {
            inode.extendAllocation(end);
        }
        if (pos > inode.initializedSize().read()) {
            extendInitialized(pos);
        }
    }

    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_attr_extend_initialized", release = "v5.14")
    private void extendInitialized(long newInitialized) {
        if (newInitialized > mapping().iSize().read()) {
            inode.setSize(newInitialized);
        }
        long at = inode.initializedSize().read();
        while (at < newInitialized) {
            Folio folio = node().filemap().getLockedFolio(mapping(), at / Content.SIZE);
            if (folio.flags().readBits(Folio.UPTODATE) == 0) {
                inode.fill(folio);
            }
            at = Math.min(newInitialized, (at / Content.SIZE + 1) * Content.SIZE);
            inode.initializedSize().write(at);
            folio.flags().setBits(Folio.DIRTY);
            folio.lock().unlock();
            folio.put();
        }
    }

    /// Writes page by page. All that is to go to a page is faulted in before the page is locked: a chunk that cannot be
    /// read to its end counts for nothing.
    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_perform_write", release = "v5.14")
    private SysResult performWrite(IovIter from, long pos) {
        RetryLoop loop = node().machine().retryLoop("ntfs_perform_write");
        long written = 0;
        long limit = Content.SIZE;
        while (from.count() > 0) {
            long at = pos + written;
            int offset = (int) (at % Content.SIZE);
            int bytes = (int) Math.min(Math.min(Content.SIZE - offset, from.count()), limit);
            if (from.faultInReadable(bytes) != 0) {
                return written > 0 ? SysResult.ok(written) : SysResult.err(Errno.EFAULT);
            }
            Folio folio = node().filemap().getLockedFolio(mapping(), at / Content.SIZE);
            prepareForWrite(folio, offset, bytes);
            int copied = (int) from.copyFolioFromIterAtomic(folio, offset, bytes);
            if (copied == bytes) {
                commit(folio, at + bytes);
            }
            folio.lock().unlock();
            folio.put();
            if (copied == bytes) {
                written += copied;
                limit = Content.SIZE;
            } else {
                from.revert(copied);
                limit = copied > 0 ? copied : Math.min(bytes, from.singleSegmentCount());
            }
            loop.again(written, limit);
        }
        return SysResult.ok(written);
    }

    /// Brings up to date what will not be written over.
    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_prepare_pages_for_non_resident_write", release = "v5.14")
    private void prepareForWrite(Folio folio, int offset, int bytes) {
        if (folio.flags().readBits(Folio.UPTODATE) != 0 || bytes == Content.SIZE) {
            return;
        }
        if (folio.index() * Content.SIZE >= inode.initializedSize().read()) {
            folio.data().zeroSegments(offset, bytes);
        } else {
            inode.fill(folio);
        }
    }

    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_commit_pages_after_write", release = "v5.14")
    private void commit(Folio folio, long end) {
        folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
        if (end > inode.initializedSize().read()) {
            inode.initializedSize().write(end);
            if (end > mapping().iSize().read()) {
                inode.setSize(end);
            }
        }
    }

    // ---- the rest ----

    @Override
    @Models(file = "fs/ntfs/file.c", symbol = "ntfs_file_fsync", release = "v5.14")
    public Optional<Errno> fsync(OpenFile file) {
        return fsyncWithInode();
    }

    @Override
    @Models(file = "fs/ntfs/inode.c", symbol = "ntfs_setattr", release = "v5.14")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        long before = mapping().iSize().read();
        inode.setSize(sizeBytes);
        Truncate.truncatePagecache(mapping(), sizeBytes);
        if (sizeBytes > before) {
            inode.extendAllocation(sizeBytes);
        } else if (sizeBytes < before) {
            inode.onDisk().truncateBlocks(Content.pages(sizeBytes));
            if (inode.initializedSize().read() > sizeBytes) {
                inode.initializedSize().write(sizeBytes);
            }
        }
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return Optional.of(Errno.EOPNOTSUPP);
    }
}
