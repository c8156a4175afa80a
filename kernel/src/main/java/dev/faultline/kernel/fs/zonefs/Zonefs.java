package dev.faultline.kernel.fs.zonefs;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// A mounted zonefs: files below `cnv/` are conventional zones, the others sequential ones.
public final class Zonefs extends DiskFileSystem {
    /// A disk without a zone yet.
    public Zonefs(Node node, String mountPoint) {
        super(node, mountPoint);
    }

    /// Zones cannot be made.
    @Override
    public Lookup create(String path) {
        return new Lookup.Failed(Errno.EACCES);
    }

    /// A zone that was written up to `sizeBytes`; a conventional one is written as a whole.
    @Override
    public void format(String path, long sizeBytes, Optional<Byte> fill) {
        boolean conventional = ZoneInode.isConventional(path);
        super.format(path, conventional ? ZoneInode.CAPACITY_BYTES : Math.min(sizeBytes, ZoneInode.CAPACITY_BYTES), fill);
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        return new ZoneInode(node(), disk(), onDisk);
    }
}
