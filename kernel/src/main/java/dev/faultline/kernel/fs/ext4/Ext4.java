package dev.faultline.kernel.fs.ext4;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;

/// A mounted ext4 file system.
public final class Ext4 extends DiskFileSystem {
    /// An empty file system on a disk of its own.
    public Ext4(Node node, String mountPoint) {
        super(node, mountPoint);
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        return new Ext4Inode(node(), disk(), onDisk);
    }
}
