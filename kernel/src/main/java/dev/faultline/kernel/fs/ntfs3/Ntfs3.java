package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.DiskFileSystem;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.Quiescence;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;

/// A mounted ntfs3.
public final class Ntfs3 extends DiskFileSystem {
    private final List<Ntfs3Inode> files = new ArrayList<>();

    private final boolean readOnly;

    /// An empty file system on a disk of its own.
    public Ntfs3(Node node, String mountPoint) {
        this(node, mountPoint, false);
    }

    private Ntfs3(Node node, String mountPoint, boolean readOnly) {
        super(node, mountPoint);
        this.readOnly = readOnly;
    }

    /// {@return one that can only be read}
    static Ntfs3 readOnly(Node node, String mountPoint) {
        return new Ntfs3(node, mountPoint, true);
    }

    @Override
    public Lookup create(String path) {
        boolean missing = readOnly && lookup(path) instanceof Lookup.Failed;
        return missing ? new Lookup.Failed(Errno.EROFS) : super.create(path);
    }

    @Override
    protected Inode inode(DiskInode onDisk) {
        Ntfs3Inode inode = new Ntfs3Inode(node(), disk(), onDisk, readOnly);
        files.add(inode);
        return inode;
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        for (Ntfs3Inode file : files) {
            found.addAll(Quiescence.check(disk(), file.onDisk(), file.mapping(), file.valid().peek()));
        }
        return found;
    }
}
