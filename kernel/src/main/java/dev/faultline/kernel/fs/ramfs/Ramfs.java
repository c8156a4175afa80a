package dev.faultline.kernel.fs.ramfs;

import dev.faultline.kernel.fs.Directory;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A mounted ramfs.
public final class Ramfs implements FileSystem {
    private final Directory<RamfsInode> directory;

    /// An empty file system.
    public Ramfs(Node node, String mountPoint) {
        this.directory = new Directory<>(node.machine(), mountPoint, path -> new RamfsInode(node, mountPoint + "/" + path));
    }

    @Override
    public Lookup lookup(String path) {
        return directory.find(path).<Lookup>map(Lookup.Found::new).orElse(new Lookup.Failed(Errno.ENOENT));
    }

    @Override
    public Lookup create(String path) {
        return directory.create(path);
    }

    /// The file is as a program would have left it: cached and dirty.
    @Override
    public void format(String path, long sizeBytes, Optional<Byte> fill) {
        directory.make(path).format(sizeBytes, fill);
    }

    @Override
    public List<Inode> inodes() {
        return List.copyOf(directory.inodes());
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        directory.inodes().forEach(inode -> found.addAll(inode.checkQuiescent()));
        return found;
    }
}
