package dev.faultline.kernel.fs.ext4;

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

/// A mounted ext4 file system.
public final class Ext4 implements FileSystem {
    private final Node node;
    private final Disk disk;
    private final TreeMap<String, Ext4Inode> inodes = new TreeMap<>();

    /// An empty file system on a disk of its own.
    public Ext4(Node node, String mountPoint) {
        this.node = node;
        this.disk = new Disk(node.machine(), "disk of " + mountPoint);
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
        inodes.put(onDisk.path(), new Ext4Inode(node, disk, onDisk));
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        inodes.values().forEach(inode -> found.addAll(Quiescence.check(disk, inode.onDisk(), inode.mapping())));
        return found;
    }
}
