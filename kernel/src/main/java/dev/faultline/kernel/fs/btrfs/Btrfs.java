package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;

/// A mounted btrfs.
public final class Btrfs extends DiskFileSystem {
    private final FsTree tree;
    private final boolean checksums;
    private final List<BtrfsInode> inodes = new ArrayList<>();

    /// An empty file system on a disk of its own.
    ///
    /// @param checksums whether data has checksums; the mount option `nodatasum` says that it has not
    public Btrfs(Node node, String mountPoint, boolean checksums) {
        super(node, mountPoint);
        this.checksums = checksums;
        this.tree = new FsTree(node.machine(), mountPoint);
    }

    FsTree tree() {
        return tree;
    }

    /// {@return whether data has checksums, which are computed before it is written}
    boolean hasChecksums() {
        return checksums;
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        tree.add(onDisk);
        BtrfsInode inode = new BtrfsInode(this, node(), disk(), onDisk);
        inodes.add(inode);
        return inode;
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>(super.checkQuiescent());
        inodes.forEach(inode -> found.addAll(inode.leftovers()));
        return found;
    }
}
