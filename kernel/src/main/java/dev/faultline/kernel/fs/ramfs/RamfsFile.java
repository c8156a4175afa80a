package dev.faultline.kernel.fs.ramfs;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.GenericWrite;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of ramfs: the generic functions, and the simple ones of fs/libfs.c.
final class RamfsFile extends CachedFile implements GenericWrite.PageWriter {
    private final RamfsInode inode;

    RamfsFile(RamfsInode inode) {
        super(inode);
        this.inode = inode;
    }

    @Override
    public SysResult readIter(Kiocb iocb, IovIter to) {
        return cachedRead(iocb, to);
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "generic_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : GenericWrite.perform(node().machine(), from, iocb.pos(), this);
        iocb.setPos(iocb.pos() + written.bytes());
        inode.iRwsem().upWrite();
        return written;
    }

    @Override
    @Models(file = "fs/libfs.c", symbol = "simple_write_begin")
    public GenericWrite.Begin begin(long pos, int lengthBytes) {
        Folio folio = node().filemap().getLockedFolio(mapping(), pos / Content.SIZE);
        if (folio.flags().readBits(Folio.UPTODATE) == 0 && lengthBytes != Content.SIZE) {
            folio.data().zeroSegments((int) (pos % Content.SIZE), lengthBytes);
        }
        return new GenericWrite.Begin.Ready(folio);
    }

    /// What a copy that stopped short left of a new page becomes zeroes; all that was copied counts.
    @Override
    @Models(file = "fs/libfs.c", symbol = "simple_write_end")
    public int end(long pos, int lengthBytes, int copied, Folio folio) {
        if (folio.flags().readBits(Folio.UPTODATE) == 0) {
            if (copied < lengthBytes) {
                folio.data().zero((int) (pos % Content.SIZE) + copied, lengthBytes - copied);
            }
            folio.flags().setBits(Folio.UPTODATE);
        }
        if (pos + copied > mapping().iSize().read()) {
            mapping().iSize().write(pos + copied);
        }
        mapping().dirtyFolio(folio);
        folio.lock().unlock();
        folio.put();
        return copied;
    }

    /// There is nothing that could become durable.
    @Override
    @Models(file = "fs/libfs.c", symbol = "noop_fsync")
    public Optional<Errno> fsync(OpenFile file) {
        return Optional.empty();
    }

    /// Takes no `invalidate_lock`: a fault may add a page behind the new end, and then finds that it is there.
    @Override
    @Models(file = "fs/libfs.c", symbol = "simple_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        mapping().iSize().write(sizeBytes);
        Truncate.truncatePagecache(mapping(), sizeBytes);
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return Optional.of(Errno.EOPNOTSUPP);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.noneOf(FileMode.class);
    }
}
