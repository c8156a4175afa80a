package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// A file of gfs2 as one node knows it (`struct gfs2_inode`).
public final class Gfs2Inode extends CachedInode {
    private final DiskInode onDisk;
    private final IomapOps blocks;
    private final Glock glock;
    private final Glops glops;
    private final Gfs2File operations;

    /// Whether a page has become writable in a mapping (`GIF_SW_PAGED`); guarded by the glock.
    private boolean writtenThroughMapping;

    Gfs2Inode(Node node, Disk disk, DiskInode onDisk, Dlm dlm, int clusterSize) {
        super(node, name(node, onDisk, clusterSize), onDisk.sizeBytes());
        this.onDisk = onDisk;
        this.blocks = node.parts().get(Gfs2Mapping.PART, () -> Gfs2Mapping::new).create(disk, onDisk, mapping());
        this.glock = node.parts().get(Glock.PART, () -> Glock::new).create(node.machine(), name(node, onDisk, clusterSize), dlm);
        this.glops = node.parts().get(Glops.PART, Glops::new);
        dlm.join(glock);
        if (clusterSize > 1) {
            glock.startWorker(this);
        }
        this.operations = new Gfs2File(this, node.parts().get(Gfs2Io.PART, Gfs2Io::new));
    }

    private static String name(Node node, DiskInode onDisk, int clusterSize) {
        return clusterSize > 1 ? onDisk.path() + " on " + node : onDisk.path();
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
    public FileOperations operations() {
        return operations;
    }

    /// A page becomes writable in a mapping. The caller holds the glock in EXCLUSIVE.
    void notesMappedWrite() {
        writtenThroughMapping = true;
    }

    /// Writes back what only a node with the glock in EXCLUSIVE may have: dirty pages.
    @Models(file = "fs/gfs2/glops.c", symbol = "inode_go_sync")
    void goSync() {
        if (writtenThroughMapping) {
            Rmap.unmapMappingPages(mapping(), 0, Long.MAX_VALUE / Content.SIZE);
            writtenThroughMapping = false;
        }
        Writeback.writeAndWaitRange(mapping(), 0, Long.MAX_VALUE);
    }

    /// Drops the cached pages.
    void goInval() {
        glops.inodeGoInval(node(), mapping());
    }

    /// Reads the inode anew. The node has the glock, and nobody has been granted it yet.
    @Models(file = "fs/gfs2/glops.c", symbol = "inode_go_instantiate")
    void instantiate() {
        mapping().iSize().write(onDisk.sizeBytes());
    }

    /// Moves the size on the disk to what it is in memory, after a write. The caller holds the glock exclusively.
    public void updateSizeOnDisk() {
        onDisk.setSizeBytes(mapping().iSize().peek());
    }

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, blocks);
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return BufferedIo.writeFolio(space, folio, blocks);
    }
}
