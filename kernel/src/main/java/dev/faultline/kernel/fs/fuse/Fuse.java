package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.fs.Directory;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.List;
import java.util.Optional;

/// A mounted fuse, and the device of its server. The names, sizes and node numbers of its files are known and never asked
/// for; what is in them, the server has.
public final class Fuse implements FileSystem {
    /// Where the server finds its device.
    public static final String DEVICE = FuseDevice.PATH;

    private static final long FIRST_NODE_ID = 2;

    private final FuseConn connection;
    private final FuseDevice device;
    private final Directory<FuseInode> directory;
    private long nextNodeId = FIRST_NODE_ID;

    /// A file system without files, whose server has not read a request yet.
    public Fuse(Node node, String mountPoint) {
        this.connection = new FuseConn(node.machine(), mountPoint);
        this.device = new FuseDevice(node.machine(), connection);
        this.directory = new Directory<>(node.machine(), mountPoint,
                path -> new FuseInode(node, connection, mountPoint + "/" + path, nextNodeId++));
    }

    /// {@return the device of the server}
    public Inode device() {
        return device;
    }

    @Override
    public Lookup lookup(String path) {
        return directory.find(path).<Lookup>map(Lookup.Found::new).orElse(new Lookup.Failed(Errno.ENOENT));
    }

    /// The server makes no files.
    @Override
    public Lookup create(String path) {
        return new Lookup.Failed(Errno.EACCES);
    }

    /// Only the size is known: the bytes are what the server says.
    @Override
    public void format(String path, long sizeBytes, Optional<Byte> fill) {
        directory.make(path).mapping().iSize().poke(sizeBytes);
    }

    @Override
    public List<Inode> inodes() {
        return List.copyOf(directory.inodes());
    }

    @Override
    public List<Finding> checkQuiescent() {
        int left = connection.unanswered();
        return left == 0 ? List.of() : List.of(new Finding(Kind.LEAK, left + " requests to the server were not answered"));
    }
}
