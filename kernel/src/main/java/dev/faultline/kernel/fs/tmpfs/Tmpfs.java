package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.fs.Directory;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A mounted tmpfs.
public final class Tmpfs implements FileSystem {
    private final String mountPoint;
    private final BlockLimit limit;
    private final Directory<ShmemInode> directory;

    /// An empty file system.
    ///
    /// @param sizeBytes how much it may hold, rounded up to whole pages; without a limit if empty
    public Tmpfs(Node node, String mountPoint, OptionalLong sizeBytes) {
        this(node, mountPoint, sizeBytes, TmpfsHuge.NEVER);
    }

    /// An empty file system.
    ///
    /// @param sizeBytes how much it may hold, rounded up to whole pages; without a limit if empty
    /// @param when      when its files are kept in huge pages
    public Tmpfs(Node node, String mountPoint, OptionalLong sizeBytes, TmpfsHuge when) {
        this.mountPoint = mountPoint;
        this.limit = new BlockLimit(node.machine(), mountPoint,
                sizeBytes.isPresent() ? Content.pages(sizeBytes.getAsLong()) : BlockLimit.NONE);
        ShmemHuge huge = new ShmemHuge(node.machine(), mountPoint, when, node.parts().get(Thp.PART, () -> Thp.NEVER));
        this.directory = new Directory<>(node.machine(), mountPoint,
                path -> new ShmemInode(node, mountPoint + "/" + path, limit, huge));
    }

    @Override
    public Lookup lookup(String path) {
        return directory.find(path).<Lookup>map(Lookup.Found::new).orElse(new Lookup.Failed(Errno.ENOENT));
    }

    @Override
    public Lookup create(String path) {
        return directory.create(path);
    }

    /// The file is as a program would have left it: cached, dirty, and counted.
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
        for (ShmemInode inode : directory.inodes()) {
            found.addAll(inode.checkQuiescent());
        }
        if (limit.isLimited() && limit.peekUsed() != 0) {
            found.add(new Finding(Kind.LEAK, mountPoint + " counts " + limit.peekUsed() + " used blocks without a file"));
        }
        return found;
    }
}
