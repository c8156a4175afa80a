package dev.faultline.kernel.fs.ext4;

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
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// A file of an ext4 file system.
final class Ext4Inode extends CachedInode {
    /// Extents count blocks in 32 bits, and the last number stands for none.
    private static final long MAX_BYTES = 0xffff_ffffL * Content.SIZE;

    private final DiskInode onDisk;
    private final IomapOps blocks;
    private final Disk disk;
    private final Ext4File operations;

    Ext4Inode(Node node, Disk disk, DiskInode onDisk) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.onDisk = onDisk;
        this.blocks = new BlocksInReach(new DiskMapping(disk, onDisk, true));
        this.disk = disk;
        this.operations = new Ext4File(this);
    }

    DiskInode onDisk() {
        return onDisk;
    }

    IomapOps blocks() {
        return blocks;
    }

    /// {@return a block of zeroes} Within a step on the block list.
    long newBlock() {
        return disk.device().format((byte) 0);
    }

    /// {@return the blocks for one direct write, which finds one wherever it looks}
    AllocatedBlocks blocksToWrite() {
        return new AllocatedBlocks(disk, onDisk);
    }

    @Override
    public long maxBytes() {
        return MAX_BYTES;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, blocks);
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        if (folio.index() * Content.SIZE < mapping().iSize().read()) {
            onDisk.use(folio.index()); // behind the end promises stay, and the page is clean
        }
        return BufferedIo.writeFolio(space, folio, blocks);
    }

    @Override
    public boolean readsDevice(AddressSpace space, long index) {
        return blocks.begin(index * Content.SIZE, Content.SIZE, IomapOps.Purpose.LOOK_UP)
                instanceof IomapOps.Begin.Mapped(Iomap iomap) && iomap.type() != Iomap.Type.HOLE;
    }
}
