package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.gfs2.Gfs2Mapping;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;

/// Where the blocks of a file are, up to v5.17: the end of what a write was given is taken for the end of what it asked
/// for, rounded down. A block that it would have filled in part is kept, with what somebody left there.
public final class Gfs2MappingV517 extends Gfs2Mapping {
    /// The mapping of that file.
    public Gfs2MappingV517(Disk disk, DiskInode inode, AddressSpace cached) {
        super(disk, inode, cached);
    }

    @Override
    @Models(file = "fs/gfs2/bmap.c", symbol = "gfs2_iomap_end", release = "v5.17")
    protected long unusedEnd(long pos, long lengthBytes, Iomap iomap) {
        return (pos + lengthBytes) & -Content.SIZE;
    }
}
