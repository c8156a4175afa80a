package dev.faultline.kernel.fs.f2fs;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;

/// A mounted f2fs.
public final class F2fs extends DiskFileSystem {
    /// An empty file system on a disk of its own.
    public F2fs(Node node, String mountPoint) {
        super(node, mountPoint);
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        return new F2fsInode(node(), disk(), onDisk);
    }
}
