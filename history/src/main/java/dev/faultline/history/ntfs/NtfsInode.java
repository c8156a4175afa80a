package dev.faultline.history.ntfs;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.DiskMapping;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// A file of an ntfs.
final class NtfsInode extends CachedInode {
    private final Disk disk;
    private final DiskInode onDisk;
    private final DiskMapping clusters;
    private final Cell initializedSize;
    private final NtfsFile operations;

    NtfsInode(Node node, Disk disk, DiskInode onDisk) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.disk = disk;
        this.onDisk = onDisk;
        this.clusters = new DiskMapping(disk, onDisk);
        boolean hole = onDisk.nextBlock(0) == Long.MAX_VALUE;
        this.initializedSize =
                new Cell(node.machine(), "initialized_size", onDisk.path(), hole ? 0 : onDisk.sizeBytes());
        this.operations = new NtfsFile(this);
        disk.allocateAsLeft(onDisk, Content.pages(onDisk.sizeBytes()));
    }

    DiskInode onDisk() {
        return onDisk;
    }

    /// {@return the size, in bytes, behind which clusters read as zeroes} Changed under `i_rwsem`.
    Cell initializedSize() {
        return initializedSize;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// Gives the file clusters up to that size, with what is in them. One step.
    @Models(file = "fs/ntfs/attrib.c", symbol = "ntfs_attr_extend_allocation", release = "v5.14")
    void extendAllocation(long sizeBytes) {
        node().machine().step(onDisk, Access.WRITE, -1);
        disk.allocateAsLeft(onDisk, Content.pages(sizeBytes));
    }

    void setSize(long sizeBytes) {
        mapping().iSize().write(sizeBytes);
        onDisk.setSizeBytes(sizeBytes);
    }

    @Override
    @Models(file = "fs/ntfs/aops.c", symbol = "ntfs_readpage", release = "v5.14")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        fill(folio);
        folio.lock().unlock();
        return Optional.empty();
    }

    /// Fills a folio, which is locked: what lies behind the initialized size is zeroed.
    @Models(file = "fs/ntfs/aops.c", symbol = "ntfs_read_block", release = "v5.14")
    void fill(Folio folio) {
        long pos = folio.index() * Content.SIZE;
        int inside = Math.clamp(initializedSize.read() - pos, 0, Content.SIZE);
        if (inside > 0 && clusters.begin(pos, Content.SIZE, IomapOps.Purpose.LOOK_UP)
                instanceof IomapOps.Begin.Mapped(Iomap iomap)) {
            Bio bio = new Bio(iomap.device(), false, iomap.diskPositionOf(pos));
            bio.add(folio, 0, Content.SIZE);
            bio.submitAndWait();
        }
        if (inside < Content.SIZE) {
            folio.data().zero(inside, Content.SIZE - inside);
        }
        folio.flags().setBits(Folio.UPTODATE);
    }

    /// A page behind the initialized size is not written: a store through a mapping made it dirty.
    @Override
    @Models(file = "fs/ntfs/aops.c", symbol = "ntfs_write_block", release = "v5.14")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        if (folio.index() * Content.SIZE < initializedSize.read()) {
            return BufferedIo.writeFolio(space, folio, clusters);
        }
        folio.flags().setBits(Folio.DIRTY);
        folio.lock().unlock();
        return Optional.of(Errno.EOPNOTSUPP);
    }

    @Override
    public boolean readsDevice(AddressSpace space, long index) {
        return index * Content.SIZE < initializedSize.read();
    }
}
