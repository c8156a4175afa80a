package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.SecondAccess;
import java.util.Optional;

/// Maps a file, allocating a block where a buffered write needs one. Looking the block up, and allocating it,
/// is one step on the block list.
public final class DiskMapping implements IomapOps {
    private final Disk disk;
    private final DiskInode inode;
    private final boolean delays;

    /// The mapping of that file.
    public DiskMapping(Disk disk, DiskInode inode) {
        this(disk, inode, false);
    }

    /// The mapping of that file.
    ///
    /// @param delays whether blocks for a buffered write are only promised, until the page is written back
    public DiskMapping(Disk disk, DiskInode inode, boolean delays) {
        this.disk = disk;
        this.inode = inode;
        this.delays = delays;
    }

    @Override
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long index = pos / Content.SIZE;
        inode.machine().step(inode, Access.READ, -1, task -> {
            boolean allocates = purpose == Purpose.WRITE && inode.block(index) == DiskInode.HOLE;
            SecondAccess.first(task, allocates ? Access.WRITE : Access.READ);
        });
        long first = inode.block(index);
        if (first == DiskInode.HOLE && purpose == Purpose.WRITE) {
            first = disk.device().format((byte) 0);
            if (delays) {
                inode.promiseBlock(index, first);
            } else {
                inode.setBlock(index, first);
            }
        }
        return new Begin.Mapped(extent(index, (pos + lengthBytes - 1) / Content.SIZE));
    }

    /// {@return what page `index` lies on, and those behind it up to page `last` as far as they go on} For the rest of a
    /// step on the block list.
    public Iomap extent(long index, long last) {
        long first = inode.block(index);
        long pages = first == DiskInode.HOLE ? Math.min(inode.nextBlock(index), last + 1) - index : 1;
        while (first != DiskInode.HOLE && index + pages <= last && inode.block(index + pages) == first + pages
                && inode.isDelayed(index + pages) == inode.isDelayed(index)
                && inode.isUnwritten(index + pages) == inode.isUnwritten(index)) {
            pages++;
        }
        Iomap.Type type = first == DiskInode.HOLE ? Iomap.Type.HOLE
                : inode.isDelayed(index) ? Iomap.Type.DELALLOC
                : inode.isUnwritten(index) ? Iomap.Type.UNWRITTEN : Iomap.Type.MAPPED;
        return new Iomap(type, index * Content.SIZE, pages * Content.SIZE, disk.device(), Math.max(first, 0) * Content.SIZE);
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }
}
