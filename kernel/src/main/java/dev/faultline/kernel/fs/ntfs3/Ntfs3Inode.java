package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
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

/// A file of an ntfs3.
final class Ntfs3Inode extends CachedInode {
    /// A file that is not sparse may be as long as 64 bits of clusters reach, which is more than a position can say.
    private static final long MAX_BYTES = Long.MAX_VALUE / Content.SIZE * Content.SIZE;

    private final Disk disk;
    private final DiskInode onDisk;
    private final Cell valid;
    private final ValidBlocks blocks;
    private final Ntfs3File operations;

    Ntfs3Inode(Node node, Disk disk, DiskInode onDisk, boolean readOnly) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.disk = disk;
        this.onDisk = onDisk;
        boolean hole = onDisk.nextBlock(0) == Long.MAX_VALUE;
        this.valid = new Cell(node.machine(), "i_valid", onDisk.path(), hole ? 0 : onDisk.sizeBytes());
        this.blocks = new ValidBlocks(disk, onDisk, valid);
        this.operations = new Ntfs3File(this, readOnly);
        disk.allocateAsLeft(onDisk, Content.pages(onDisk.sizeBytes()));
    }

    DiskInode onDisk() {
        return onDisk;
    }

    /// {@return the valid size, in bytes: clusters behind it read as zeroes} No lock is for it alone: those who write hold
    /// `i_rwsem`, those who write back the folio lock.
    Cell valid() {
        return valid;
    }

    IomapOps blocks() {
        return blocks;
    }

    @Override
    public long maxBytes() {
        return MAX_BYTES;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// Gives the file clusters up to that size, with what is in them. One step.
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_set_size")
    void allocate(long sizeBytes) {
        node().machine().step(onDisk, Access.WRITE, -1);
        disk.allocateAsLeft(onDisk, Content.pages(sizeBytes));
    }

    void setSize(long sizeBytes) {
        mapping().iSize().write(sizeBytes);
        onDisk.setSizeBytes(sizeBytes);
    }

    /// Of the page that the valid size is in the middle of, what lies behind it is zeroed.
    @Override
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_read_folio")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, new ValidBlocks.Read(blocks, folio));
    }

    @Override
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_writepages")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return BufferedIo.writeFolio(space, folio, blocks);
    }

    @Override
    public boolean readsDevice(AddressSpace space, long index) {
        return blocks.begin(index * Content.SIZE, Content.SIZE, IomapOps.Purpose.LOOK_UP)
                instanceof IomapOps.Begin.Mapped(Iomap iomap) && iomap.type() == Iomap.Type.MAPPED;
    }
}
