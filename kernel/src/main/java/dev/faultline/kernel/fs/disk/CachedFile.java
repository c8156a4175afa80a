package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.SpliceRead;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.ReadFlag;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// What files that are read, written and mapped through the page cache have in common.
public abstract class CachedFile implements FileOperations, VmOperations {
    private final CachedInode inode;

    /// What open files of that file do.
    protected CachedFile(CachedInode inode) {
        this.inode = inode;
    }

    /// {@return the machine}
    protected final Node node() {
        return inode.node();
    }

    /// {@return the cached pages}
    protected final AddressSpace mapping() {
        return inode.mapping();
    }

    /// {@return direct I/O in the form of this kernel}
    protected final DirectIo directIo() {
        return node().parts().get(DirectIo.PART, DirectIo::new);
    }

    /// Reads through the page cache and moves the request on. Takes no lock of the inode: it may see a part of a write.
    @Models(file = "mm/filemap.c", symbol = "generic_file_read_iter")
    protected final SysResult cachedRead(Kiocb iocb, IovIter to) {
        EnumSet<ReadFlag> flags = iocb.isNowait() ? EnumSet.of(ReadFlag.NOWAIT) : EnumSet.noneOf(ReadFlag.class);
        SysResult read = node().filemap().read(mapping(), iocb.pos(), to, flags);
        iocb.setPos(iocb.pos() + read.bytes());
        return read;
    }

    /// {@return what a write that has written comes to, once what had to be durable is}
    @Models(file = "include/linux/fs.h", symbol = "generic_write_sync")
    protected final SysResult synced(Kiocb iocb, SysResult written) {
        if (!iocb.isDsync() || !written.isPositive()) {
            return written;
        }
        Optional<Errno> error = fsync(iocb.file());
        return error.isPresent() ? SysResult.err(error.get()) : written;
    }

    /// Writes to the disk, and drops, what of a direct write had to go through the page cache.
    ///
    /// @param direct   the bytes written before, by direct I/O
    /// @param buffered what writing the rest through the cache came to
    /// @return the bytes written in all; those by direct I/O if the rest failed, or its error if there are none
    @Models(file = "fs/libfs.c", symbol = "direct_write_fallback")
    protected final SysResult directWriteFallback(Kiocb iocb, long direct, SysResult buffered) {
        if (buffered instanceof SysResult.Err) {
            return direct > 0 ? SysResult.ok(direct) : buffered;
        }
        if (buffered.bytes() == 0) {
            return SysResult.ok(direct);
        }
        long start = iocb.pos() - buffered.bytes();
        long last = iocb.pos() - 1;
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), start, last);
        if (error.isPresent()) {
            iocb.setPos(start); // how much of it is on the disk is not known
            return direct > 0 ? SysResult.ok(direct) : SysResult.err(error.get());
        }
        Truncate.invalidateMappingPages(mapping(), start / Content.SIZE, last / Content.SIZE);
        return SysResult.ok(direct + buffered.bytes());
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "filemap_splice_read")
    public SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        return SpliceRead.fromCache(iocb, pipe, lengthBytes);
    }

    @Override
    public VmOperations mmap(OpenFile file) {
        return this;
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "filemap_fault")
    public VmFaultResult fault(VmFault fault) {
        return node().filemap().fault(fault, mapping());
    }

    @Override
    public VmFaultResult mapPages(VmFault fault) {
        return node().filemap().mapPages(fault, mapping());
    }

    @Override
    public boolean wantsPageMkwrite() {
        return true;
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "filemap_page_mkwrite")
    public VmFaultResult pageMkwrite(VmFault fault) {
        return Filemap.pageMkwrite(fault, mapping());
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "file_write_and_wait_range")
    public Optional<Errno> fsync(OpenFile file) {
        return Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
    }

    /// Writes the data, and takes `i_rwsem` for what is not data once that is written.
    @Models(file = "fs/libfs.c", symbol = "generic_file_fsync")
    protected final Optional<Errno> fsyncWithInode() {
        Optional<Errno> error = Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
        if (error.isEmpty()) {
            inode.iRwsem().downWrite();
            inode.iRwsem().upWrite();
        }
        return error;
    }
}
