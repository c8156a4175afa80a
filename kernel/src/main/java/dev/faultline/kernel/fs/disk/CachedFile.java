package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.SpliceRead;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
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

    /// {@return what a write that has written comes to, once what had to be durable is}
    @Models(file = "include/linux/fs.h", symbol = "generic_write_sync")
    protected final SysResult synced(Kiocb iocb, SysResult written) {
        if (!iocb.isDsync() || !written.isPositive()) {
            return written;
        }
        Optional<Errno> error = fsync(iocb.file());
        return error.isPresent() ? SysResult.err(error.get()) : written;
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
    @Models(file = "mm/filemap.c", symbol = "file_write_and_wait_range")
    public Optional<Errno> fsync(OpenFile file) {
        return Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
    }
}
