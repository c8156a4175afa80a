package dev.faultline.kernel.fs.f2fs;

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
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// A file of an f2fs.
final class F2fsInode extends CachedInode {
    /// What the addresses in the nodes below an inode come to, of which there are up to three levels.
    private static final long MAX_BYTES = (2 * 1018 + 2 * 1018L * 1018 + 1018L * 1018 * 1018) * Content.SIZE;
    private static final byte LEFT_BEHIND = (byte) 0xa5;

    private final Disk disk;
    private final DiskInode onDisk;
    private final DiskMapping blocks;
    private final RwSemaphore gcRead;
    private final RwSemaphore gcWrite;
    private final F2fsFile operations;

    F2fsInode(Node node, Disk disk, DiskInode onDisk) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.disk = disk;
        this.onDisk = onDisk;
        this.blocks = new DiskMapping(disk, onDisk, true);
        this.gcRead = new RwSemaphore(node.machine(), "i_gc_rwsem[READ]", onDisk.path());
        this.gcWrite = new RwSemaphore(node.machine(), "i_gc_rwsem[WRITE]", onDisk.path());
        this.operations = new F2fsFile(this);
    }

    DiskInode onDisk() {
        return onDisk;
    }

    IomapOps blocks() {
        return blocks;
    }

    /// {@return the lock that keeps blocks from moving while direct reads use them}
    RwSemaphore gcRead() {
        return gcRead;
    }

    /// {@return the lock that keeps blocks from moving while direct writes use them}
    RwSemaphore gcWrite() {
        return gcWrite;
    }

    @Override
    public long maxBytes() {
        return MAX_BYTES;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// Gives holes blocks: those of a direct write at once, with what somebody left there; those of a buffered one when
    /// its pages are written back. One step.
    ///
    /// @param last inclusive
    @Models(file = "fs/f2fs/data.c", symbol = "f2fs_map_blocks")
    void allocate(long first, long last, boolean direct) {
        node().machine().step(onDisk, Access.WRITE, -1);
        for (long index = first; index <= last; index++) {
            if (direct && (onDisk.block(index) == DiskInode.HOLE || onDisk.isDelayed(index))) {
                onDisk.setBlock(index, disk.device().format(LEFT_BEHIND));
            } else if (onDisk.block(index) == DiskInode.HOLE) {
                onDisk.promiseBlock(index, disk.device().format((byte) 0));
            }
        }
    }

    /// {@return the blocks as direct I/O finds them: it allocates none, and a write does not use promised ones}
    IomapOps blocksForDirect(boolean write) {
        return new DirectMapping(blocks, write);
    }

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, blocks);
    }

    /// In place, though Linux finds the page another block in most cases: where blocks lie is not seen.
    @Override
    @Models(file = "fs/f2fs/data.c", symbol = "f2fs_write_single_data_page")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        onDisk.use(folio.index());
        return BufferedIo.writeFolio(space, folio, blocks);
    }

    @Override
    public boolean readsDevice(AddressSpace space, long index) {
        return blocks.begin(index * Content.SIZE, Content.SIZE, IomapOps.Purpose.LOOK_UP)
                instanceof IomapOps.Begin.Mapped(Iomap iomap) && iomap.type() == Iomap.Type.MAPPED;
    }
}
