package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.Optional;

/// A file of an xfs.
final class XfsInode extends CachedInode {
    private final RwSemaphore iLock;
    private final XfsExtents extents;
    private final XfsFile operations;

    XfsInode(Node node, Disk disk, DiskInode onDisk) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.iLock = new RwSemaphore(node.machine(), "i_lock", onDisk.path());
        this.extents = new XfsExtents(node.machine(), disk, onDisk);
        this.operations = new XfsFile(this);
    }

    /// {@return the lock of the extents and of the size on disk (XFS_ILOCK)}
    RwSemaphore iLock() {
        return iLock;
    }

    XfsExtents extents() {
        return extents;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    @Override
    @Models(file = "fs/xfs/xfs_aops.c", symbol = "xfs_vm_read_folio")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, new ReadMapping(this));
    }

    @Override
    @Models(file = "fs/xfs/xfs_aops.c", symbol = "xfs_vm_writepages")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return BufferedIo.writeFolio(space, folio, new WritebackMapping(this));
    }

    /// Makes the blocks of a range hold data, and moves the size to the end of the range if it was before it: that of
    /// the file too if `sizes` says so.
    @Models(file = "fs/xfs/xfs_iomap.c", symbol = "xfs_iomap_write_unwritten")
    void writeUnwritten(long pos, long lengthBytes, Sizes sizes) {
        iLock.downWrite();
        extents.written(pos / Content.SIZE, (pos + lengthBytes - 1) / Content.SIZE);
        if (sizes == Sizes.BOTH && pos + lengthBytes > mapping().iSize().read()) {
            mapping().iSize().write(pos + lengthBytes);
        }
        moveSizeOnDisk(pos + lengthBytes);
        iLock.upWrite();
    }

    /// Which sizes a transfer moves.
    enum Sizes {
        /// That on disk.
        ON_DISK,
        /// That of the file, and that on disk.
        BOTH
    }

    /// Moves the size on disk to `end`, but not behind the end of the file, if it was before it.
    @Models(file = "fs/xfs/xfs_aops.c", symbol = "xfs_setfilesize")
    void setFileSize(long end) {
        iLock.downWrite();
        moveSizeOnDisk(end);
        iLock.upWrite();
    }

    @Models(file = "fs/xfs/xfs_inode.h", symbol = "xfs_new_eof")
    private void moveSizeOnDisk(long end) {
        long newSize = Math.min(end, mapping().iSize().read());
        if (newSize > extents.sizeOnDisk()) {
            extents.setSizeOnDisk(newSize);
        }
    }
}
