package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A file system of one machine on a disk of its own, whose files are all in the root.
public abstract class DiskFileSystem implements FileSystem {
    private final Node node;
    private final Disk disk;
    private final TreeMap<String, Inode> inodes = new TreeMap<>();

    /// An empty one.
    protected DiskFileSystem(Node node, String mountPoint) {
        this.node = node;
        this.disk = new Disk(node.machine(), "disk of " + mountPoint);
    }

    /// {@return the machine}
    protected final Node node() {
        return node;
    }

    /// {@return the disk}
    protected final Disk disk() {
        return disk;
    }

    /// {@return how the kernel knows a file}
    protected abstract Inode inode(DiskInode onDisk);

    @Override
    public Lookup lookup(String path) {
        return disk.hasFile(path) ? found(path) : new Lookup.Failed(Errno.ENOENT);
    }

    @Override
    public Lookup create(String path) {
        if (!disk.isFree(path)) {
            return new Lookup.Failed(Errno.EEXIST);
        }
        add(disk.create(path, 0, Optional.empty()));
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
        inodes.put(onDisk.path(), inode(onDisk));
    }

    @Override
    public List<Inode> inodes() {
        return List.copyOf(inodes.values());
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        disk.inodes().forEach(onDisk -> found.addAll(Quiescence.check(disk, onDisk,
                Optional.ofNullable(inodes.get(onDisk.path())).orElseThrow().mapping())));
        return found;
    }
}
