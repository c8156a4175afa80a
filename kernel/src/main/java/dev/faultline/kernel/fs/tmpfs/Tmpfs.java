package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// A mounted tmpfs.
public final class Tmpfs implements FileSystem {
    private final Node node;
    private final String mountPoint;
    private final BlockLimit limit;
    private final Directory directory;

    /// An empty file system.
    ///
    /// @param sizeBytes how much it may hold, rounded up to whole pages; without a limit if empty
    public Tmpfs(Node node, String mountPoint, OptionalLong sizeBytes) {
        this.node = node;
        this.mountPoint = mountPoint;
        this.limit = new BlockLimit(node.machine(), mountPoint,
                sizeBytes.isPresent() ? Content.pages(sizeBytes.getAsLong()) : BlockLimit.NONE);
        this.directory = new Directory();
    }

    @Override
    public Lookup lookup(String path) {
        return directory.find(path).<Lookup>map(Lookup.Found::new).orElse(new Lookup.Failed(Errno.ENOENT));
    }

    @Override
    public Lookup create(String path) {
        return new Lookup.Found(directory.findOrMake(path));
    }

    /// The file is as a program would have left it: cached, dirty, and counted.
    @Override
    public void format(String path, long sizeBytes, Optional<Byte> fill) {
        directory.make(path).format(sizeBytes, fill);
    }

    @Override
    public List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        for (ShmemInode inode : directory.inodes.values()) {
            found.addAll(inode.checkQuiescent());
        }
        if (limit.isLimited() && limit.peekUsed() != 0) {
            found.add(new Finding(Kind.LEAK, mountPoint + " counts " + limit.peekUsed() + " used blocks without a file"));
        }
        return found;
    }

    /// The files, by path.
    private final class Directory extends SharedObject {
        private final TreeMap<String, ShmemInode> inodes = new TreeMap<>();

        Directory() {
            super(node.machine(), "directory", mountPoint);
        }

        /// One step.
        Optional<ShmemInode> find(String path) {
            machine().step(this, Access.READ, -1);
            Optional<ShmemInode> inode = Optional.ofNullable(inodes.get(path));
            machine().current().learn(inode.isPresent() ? 1 : 0);
            return inode;
        }

        /// One step.
        ShmemInode findOrMake(String path) {
            machine().step(this, Access.WRITE, -1);
            ShmemInode known = inodes.get(path);
            machine().current().learn(known == null ? 0 : 1);
            return known == null ? make(path) : known;
        }

        ShmemInode make(String path) {
            ShmemInode inode = new ShmemInode(node, mountPoint + "/" + path, limit);
            inodes.put(path, inode);
            changed();
            return inode;
        }

        @Override
        protected long stateHash() {
            return inodes.size();
        }
    }
}
