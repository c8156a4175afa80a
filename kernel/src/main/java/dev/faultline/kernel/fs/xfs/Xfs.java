package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;

/// A mounted xfs.
public final class Xfs extends DiskFileSystem {
    /// An empty file system on a disk of its own.
    public Xfs(Node node, String mountPoint) {
        super(node, mountPoint);
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        return new XfsInode(node(), disk(), onDisk);
    }
}
