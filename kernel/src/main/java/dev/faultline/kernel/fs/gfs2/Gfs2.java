package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.block.BlockDevice;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.Quiescence;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A gfs2 file system as one node of the cluster has it mounted.
public final class Gfs2 implements FileSystem {
    private final Cluster cluster;
    private final TreeMap<String, Gfs2Inode> inodes = new TreeMap<>();

    /// What the nodes share: the disk, and the lock manager's lock of each file.
    private static final class Cluster {
        private final Disk disk;
        private final List<Gfs2> members = new ArrayList<>();
        private final List<Node> nodes;

        Cluster(List<Node> nodes, String mountPoint, int logicalBlockBytes) {
            this.disk = new Disk(nodes.getFirst().machine(), "disk of " + mountPoint, logicalBlockBytes);
            this.nodes = nodes;
        }

        void add(DiskInode onDisk) {
            Dlm dlm = new Dlm(nodes.getFirst().machine(), onDisk.path());
            for (int i = 0; i < nodes.size(); i++) {
                members.get(i).inodes.put(onDisk.path(), new Gfs2Inode(nodes.get(i), disk, onDisk, dlm, nodes.size()));
            }
        }
    }

    private Gfs2(Cluster cluster) {
        this.cluster = cluster;
    }

    /// {@return an empty file system on one disk, as each of the nodes has it mounted}
    public static List<FileSystem> mount(List<Node> nodes, String mountPoint) {
        return mount(nodes, mountPoint, BlockDevice.SECTOR);
    }

    /// {@return an empty file system on one disk, whose smallest unit of transfer is that, as each of the nodes has it
    /// mounted}
    public static List<FileSystem> mount(List<Node> nodes, String mountPoint, int logicalBlockBytes) {
        Cluster cluster = new Cluster(nodes, mountPoint, logicalBlockBytes);
        nodes.forEach(node -> cluster.members.add(new Gfs2(cluster)));
        return List.copyOf(cluster.members);
    }

    /// Takes the glock once, in whichever state, so that the size is known.
    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_open")
    public Lookup lookup(String path) {
        if (!cluster.disk.hasFile(path)) {
            return new Lookup.Failed(Errno.ENOENT);
        }
        return open(path);
    }

    /// {@return the file as this node knows it, without a step; there is one}
    Gfs2Inode inode(String path) {
        return Optional.ofNullable(inodes.get(path)).orElseThrow();
    }

    private Lookup open(String path) {
        Gfs2Inode inode = inode(path);
        inode.glock().dq(inode.glock().nqAny(LockState.SHARED, inode));
        return new Lookup.Found(inode);
    }

    @Override
    public Lookup create(String path) {
        if (!cluster.disk.isFree(path)) {
            return new Lookup.Failed(Errno.EEXIST);
        }
        cluster.add(cluster.disk.create(path, 0, Optional.empty()));
        return open(path);
    }

    @Override
    public void format(String path, long sizeBytes, Optional<Byte> fill) {
        cluster.add(cluster.disk.create(path, sizeBytes, fill));
    }

    @Override
    public List<Inode> inodes() {
        return List.copyOf(inodes.values());
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        for (Gfs2Inode inode : inodes.values()) {
            found.addAll(Quiescence.check(cluster.disk, inode.onDisk(), inode.mapping()));
            if (!inode.glock().isIdle()) {
                found.add(new Finding(Kind.LEAK, inode.glock() + " is still held or claimed at the end"));
            }
        }
        return found;
    }
}
