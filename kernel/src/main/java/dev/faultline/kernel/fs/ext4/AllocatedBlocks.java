package dev.faultline.kernel.fs.ext4;

import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import java.util.SortedSet;
import java.util.TreeSet;

/// The blocks of a file as one direct write finds them: holes are allocated before the transfer.
///
/// Linux allocates them unwritten, and they read as zeroes until the transfer is done: here they are zeroed ones.
final class AllocatedBlocks implements IomapOps {
    private static final int DIO_MAX_BLOCKS = 4096;

    private final Disk disk;
    private final DiskInode inode;
    private final TreeSet<Long> added = new TreeSet<>();

    AllocatedBlocks(Disk disk, DiskInode inode) {
        this.disk = disk;
        this.inode = inode;
    }

    /// One step on the block list. Either blocks that are there, or every hole at the start of the range, filled.
    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_iomap_alloc")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long index = pos / Content.SIZE;
        long last = Math.min((pos + lengthBytes - 1) / Content.SIZE, index + DIO_MAX_BLOCKS - 1);
        inode.machine().step(inode, Access.WRITE, -1);
        boolean hole = isFree(index);
        long first = hole ? allocate(index) : inode.block(index);
        long pages = 1;
        while (index + pages <= last && isFree(index + pages) == hole
                && (hole || inode.block(index + pages) == first + pages)) {
            if (hole) {
                allocate(index + pages);
            }
            pages++;
        }
        boolean unwritten = added.contains(index);
        return new Begin.Mapped(new Iomap(unwritten ? Iomap.Type.UNWRITTEN : Iomap.Type.MAPPED, index * Content.SIZE,
                pages * Content.SIZE, disk.device(), first * Content.SIZE));
    }

    /// {@return whether there is no block yet} One that is promised is for the page cache to allocate, or for us.
    private boolean isFree(long index) {
        return inode.block(index) == DiskInode.HOLE || inode.isDelayed(index);
    }

    private long allocate(long index) {
        long block = disk.device().format((byte) 0);
        inode.setBlock(index, block);
        added.add(index);
        return block;
    }

    /// Blocks that were not written stay unwritten, which is as good as a hole.
    @Override
    public void end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        if (written < lengthBytes) {
            inode.machine().step(inode, Access.WRITE, -1);
            long first = written == 0 ? pos / Content.SIZE : (pos + written + Content.SIZE - 1) / Content.SIZE;
            SortedSet<Long> unused = added.tailSet(first);
            unused.forEach(inode::forgetBlock);
            unused.clear();
        }
    }
}
