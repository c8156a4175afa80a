package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.disk.CachedFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Optional;

/// Reading, writing and mapping files of fuse: fs/fuse/file.c.
final class FuseFile extends CachedFile {
    private final FuseInode inode;

    FuseFile(FuseInode inode) {
        super(inode);
        this.inode = inode;
    }

    /// Takes no lock of the inode.
    @Override
    @Models(file = "fs/fuse/file.c", symbol = "fuse_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (!iocb.isDirect()) {
            return cachedRead(iocb, to);
        }
        SysResult read = directRead(iocb, to);
        iocb.setPos(iocb.pos() + read.bytes());
        return read;
    }

    @Override
    public boolean copiesByItself() {
        return true;
    }

    /// What is cached dirty goes to the server first.
    @Models(file = "mm/filemap.c", symbol = "generic_file_read_iter")
    private SysResult directRead(Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), iocb.pos(), iocb.pos() + to.count() - 1);
        if (error.isPresent()) {
            return SysResult.err(error.get());
        }
        to.truncate(Math.max(0, mapping().iSize().read() - iocb.pos()));
        return FuseDirect.transfer(inode, to, iocb.pos(), FuseDirect.opcode(to));
    }

    @Override
    @Models(file = "fs/fuse/file.c", symbol = "fuse_cache_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : iocb.isDirect() && from.count() > 0 ? directWrite(iocb, from) : bufferedWrite(iocb, from);
        inode.iRwsem().upWrite();
        return synced(iocb, written);
    }

    private SysResult bufferedWrite(Kiocb iocb, IovIter from) {
        SysResult written = node().parts().get(FuseWrite.PART, FuseWrite::new).perform(inode, from, iocb.pos());
        iocb.setPos(iocb.pos() + written.bytes());
        return written;
    }

    /// What is cached of the range is written and dropped first, and dropped again afterwards. If a page has to stay, or
    /// the server takes less than it is given, the rest goes through the cache.
    @Models(file = "mm/filemap.c", symbol = "generic_file_direct_write")
    private SysResult directWrite(Kiocb iocb, IovIter from) {
        long start = iocb.pos();
        long last = start + from.count() - 1;
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), start, last);
        if (error.isPresent()) {
            return SysResult.err(error.get());
        }
        SysResult direct = SysResult.ZERO;
        if (Truncate.invalidateInodePages2Range(mapping(), start / Content.SIZE, last / Content.SIZE).isEmpty()) {
            direct = FuseDirect.transfer(inode, from, start, FuseDirect.opcode(from));
            iocb.setPos(start + direct.bytes());
            Truncate.invalidateInodePages2Range(mapping(), start / Content.SIZE, last / Content.SIZE);
            if (iocb.pos() > mapping().iSize().read()) {
                mapping().iSize().write(iocb.pos());
            }
        }
        return direct instanceof SysResult.Ok && from.count() > 0
                ? directWriteFallback(iocb, direct.bytes(), bufferedWrite(iocb, from)) : direct;
    }

    /// The server says how long the file is; pages behind that go then. Faults are kept out meanwhile.
    @Override
    @Models(file = "fs/fuse/dir.c", symbol = "fuse_do_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        mapping().invalidateLock().downWrite();
        FuseRequest request = new FuseRequest(node().machine(), FuseAbi.SETATTR, inode.nodeId(), FuseAbi.SETATTR_IN_BYTES);
        request.argument(0, 4, FuseAbi.ATTR_SIZE);
        request.argument(16, 8, sizeBytes);
        Optional<Errno> error = inode.connection().ask(request);
        if (error.isEmpty()) {
            long newSize = request.answer().load(FuseAbi.ATTR_OUT_SIZE_OFFSET, 8);
            mapping().iSize().write(newSize);
            Truncate.truncatePagecache(mapping(), newSize);
        }
        mapping().invalidateLock().upWrite();
        inode.iRwsem().upWrite();
        return error;
    }
}
