package dev.faultline.kernel.fs.ext4;

import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.DioOps;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// The blocks of a file as one direct write finds them: holes get unwritten ones before the transfer, and what was
/// transferred holds data afterwards.
record AllocatedBlocks(Disk disk, DiskInode inode) implements IomapOps, DioOps {
    private static final int DIO_MAX_BLOCKS = 4096;

    /// One step on the block list. Either blocks that hold data, or unwritten ones, which are allocated where there are
    /// none.
    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_iomap_alloc")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long index = pos / Content.SIZE;
        long last = Math.min((pos + lengthBytes - 1) / Content.SIZE, index + DIO_MAX_BLOCKS - 1);
        inode.machine().step(inode, Access.WRITE, -1);
        long first = allocated(index);
        boolean unwritten = inode.isUnwritten(index);
        long pages = 1;
        while (index + pages <= last && allocated(index + pages) == first + pages
                && inode.isUnwritten(index + pages) == unwritten) {
            pages++;
        }
        return new Begin.Mapped(new Iomap(unwritten ? Iomap.Type.UNWRITTEN : Iomap.Type.MAPPED, index * Content.SIZE,
                pages * Content.SIZE, disk.device(), first * Content.SIZE));
    }

    /// {@return the block of the page} One that is promised is for the page cache to find, or for us.
    private long allocated(long index) {
        if (inode.block(index) == DiskInode.HOLE || inode.isDelayed(index)) {
            inode.setUnwritten(index, disk.device().format((byte) 0));
        }
        return inode.block(index);
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }

    @Override
    @Models(file = "fs/ext4/file.c", symbol = "ext4_dio_write_end_io")
    public void endIo(long pos, long lengthBytes) {
        for (long index = pos / Content.SIZE; index < Content.pages(pos + lengthBytes); index++) {
            inode.use(index);
        }
    }
}
