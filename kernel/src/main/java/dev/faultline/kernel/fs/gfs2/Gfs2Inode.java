package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.DiskMapping;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.AddressSpaceOperations;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.Optional;

/// A file of gfs2 as one node knows it (`struct gfs2_inode`).
public final class Gfs2Inode implements Inode, AddressSpaceOperations {
    private final Node node;
    private final DiskInode onDisk;
    private final IomapOps blocks;
    private final AddressSpace mapping;
    private final RwSemaphore iRwsem;
    private final Glock glock;
    private final Gfs2File operations;

    Gfs2Inode(Node node, Disk disk, DiskInode onDisk, Dlm dlm, int clusterSize) {
        String where = clusterSize > 1 ? onDisk.path() + " on " + node : onDisk.path();
        this.node = node;
        this.onDisk = onDisk;
        this.blocks = new DiskMapping(disk, onDisk);
        this.mapping = new AddressSpace(node.machine(), where, this, onDisk.sizeBytes());
        this.iRwsem = new RwSemaphore(node.machine(), "i_rwsem", where);
        this.glock = node.parts().get(Glock.PART, () -> Glock::new).create(node.machine(), where, dlm);
        dlm.join(glock);
        if (clusterSize > 1) {
            glock.startWorker(mapping, node.toString());
        }
        this.operations = new Gfs2File(this, node.parts().get(Gfs2Io.PART, Gfs2Io::new));
    }

    /// {@return the node}
    public Node node() {
        return node;
    }

    /// {@return the file on the disk; read and changed by whoever holds the glock}
    public DiskInode onDisk() {
        return onDisk;
    }

    /// {@return where the blocks are; for whoever holds the glock}
    public IomapOps blocks() {
        return blocks;
    }

    /// {@return the cluster lock}
    public Glock glock() {
        return glock;
    }

    @Override
    public AddressSpace mapping() {
        return mapping;
    }

    @Override
    public RwSemaphore iRwsem() {
        return iRwsem;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// Moves the size on the disk to what it is in memory, after a write. The caller holds the glock exclusively.
    public void updateSizeOnDisk() {
        onDisk.setSizeBytes(mapping.iSize().peek());
    }

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, blocks);
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return BufferedIo.writeFolio(folio, blocks);
    }
}
