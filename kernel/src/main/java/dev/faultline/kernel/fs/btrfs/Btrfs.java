package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.Quiescence;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A mounted btrfs.
public final class Btrfs implements FileSystem {
    private final Node node;
    private final Disk disk;
    private final FsTree tree;
    private final boolean checksums;
    private final TreeMap<String, BtrfsInode> inodes = new TreeMap<>();

    /// An empty file system on a disk of its own.
    ///
    /// @param checksums whether data has checksums; the mount option `nodatasum` says that it has not
    public Btrfs(Node node, String mountPoint, boolean checksums) {
        this.node = node;
        this.checksums = checksums;
        this.disk = new Disk(node.machine(), "disk of " + mountPoint);
        this.tree = new FsTree(node.machine(), mountPoint);
    }

    Node node() {
        return node;
    }

    Disk disk() {
        return disk;
    }

    FsTree tree() {
        return tree;
    }

    /// {@return whether data has checksums, which are computed before it is written}
    boolean hasChecksums() {
        return checksums;
    }

    @Override
    public Lookup lookup(String path) {
        return disk.hasFile(path) ? found(path) : new Lookup.Failed(Errno.ENOENT);
    }

    @Override
    public Lookup create(String path) {
        if (disk.isFree(path)) {
            add(disk.create(path, 0, Optional.empty()));
        }
        return found(path);
    }

    private Lookup found(String path) {
        return new Lookup.Found(Optional.ofNullable(inodes.get(path)).orElseThrow());
    }

    @Override
    public void format(String path, long sizeBytes, Optional<Byte> fill) {
        add(disk.create(path, sizeBytes, fill));
    }

    private void add(DiskInode onDisk) {
        tree.add(onDisk);
        inodes.put(onDisk.path(), new BtrfsInode(this, onDisk));
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        for (BtrfsInode inode : inodes.values()) {
            found.addAll(Quiescence.check(disk, inode.onDisk(), inode.mapping()));
            found.addAll(inode.leftovers());
        }
        return found;
    }
}
