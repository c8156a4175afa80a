package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.DiskMapping;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.SecondAccess;
import java.util.Optional;

/// Where the blocks of a file are (fs/gfs2/bmap.c). A buffered write gets blocks for all of a hole that it is about to
/// fill; those that it did not come to use are given back at its end. A new block holds what somebody left there.
public class Gfs2Mapping implements IomapOps {
    /// The seam at which other forms plug in.
    public static final Part<Factory> PART = new Part<>("fs.gfs2.Gfs2Mapping", Factory.class);

    /// What is found in a block that nobody has written since it was allocated.
    private static final byte LEFT_BEHIND = (byte) 0xa5;

    /// Makes mappings.
    public interface Factory {
        /// {@return the mapping of a file}
        ///
        /// @param cached its cached pages on the node
        Gfs2Mapping create(Disk disk, DiskInode inode, AddressSpace cached);
    }

    private final Disk disk;
    private final DiskInode inode;
    private final AddressSpace cached;
    private final DiskMapping blocks;

    /// The mapping of that file.
    public Gfs2Mapping(Disk disk, DiskInode inode, AddressSpace cached) {
        this.disk = disk;
        this.inode = inode;
        this.cached = cached;
        this.blocks = new DiskMapping(disk, inode);
    }

    @Override
    @Models(file = "fs/gfs2/bmap.c", symbol = "gfs2_iomap_begin")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long index = pos / Content.SIZE;
        long last = (pos + lengthBytes - 1) / Content.SIZE;
        inode.machine().step(inode, Access.READ, -1,
                task -> SecondAccess.first(task, allocates(index, purpose) ? Access.WRITE : Access.READ));
        if (!allocates(index, purpose)) {
            return new Begin.Mapped(blocks.extent(index, last));
        }
        long page = index;
        while (page <= last && allocates(page, purpose)) {
            inode.setBlock(page++, disk.device().format(LEFT_BEHIND));
        }
        return new Begin.Mapped(blocks.extent(index, page - 1).asNew());
    }

    private boolean allocates(long index, Purpose purpose) {
        return purpose == Purpose.WRITE && inode.block(index) == DiskInode.HOLE;
    }

    @Override
    @Models(file = "fs/gfs2/bmap.c", symbol = "gfs2_iomap_end")
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        if (purpose != Purpose.WRITE || written == lengthBytes || !iomap.isNew()) {
            return Optional.empty();
        }
        long start = (pos + written + Content.SIZE - 1) / Content.SIZE * Content.SIZE;
        long end = unusedEnd(pos, lengthBytes, iomap);
        if (start < end) {
            Truncate.truncatePagecacheRange(cached, start, end);
            inode.punchBlocks(start / Content.SIZE, end / Content.SIZE);
        }
        return Optional.empty();
    }

    /// {@return where the blocks end that a write which stopped early was given}
    protected long unusedEnd(long pos, long lengthBytes, Iomap iomap) {
        return iomap.offset() + iomap.lengthBytes();
    }
}
