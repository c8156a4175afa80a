package dev.faultline.history.ntfs;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.Quiescence;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;

/// A mounted ntfs, as it was up to v6.8.
public final class Ntfs extends DiskFileSystem {
    private final List<NtfsInode> files = new ArrayList<>();

    /// An empty file system on a disk of its own.
    public Ntfs(Node node, String mountPoint) {
        super(node, mountPoint);
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        NtfsInode inode = new NtfsInode(node(), disk(), onDisk);
        files.add(inode);
        return inode;
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        for (NtfsInode file : files) {
            found.addAll(Quiescence.check(disk(), file.onDisk(), file.mapping(), file.initializedSize().peek()));
        }
        return found;
    }
}
