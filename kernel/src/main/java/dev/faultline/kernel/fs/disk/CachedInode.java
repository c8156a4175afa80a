package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.AddressSpaceOperations;
import dev.faultline.machine.shared.RwSemaphore;

/// What files with cached pages have in common.
public abstract class CachedInode implements Inode, AddressSpaceOperations {
    private final Node node;
    private final AddressSpace mapping;
    private final RwSemaphore iRwsem;

    /// A file of which nothing is cached.
    ///
    /// @param node the machine that has mounted it
    /// @param name for reports
    @SuppressWarnings("this-escape") // nobody asks for pages before the file is open
    protected CachedInode(Node node, String name, long sizeBytes) {
        this.node = node;
        this.mapping = new AddressSpace(node.machine(), name, this, sizeBytes);
        this.iRwsem = new RwSemaphore(node.machine(), "i_rwsem", name);
    }

    /// {@return the machine}
    public final Node node() {
        return node;
    }

    @Override
    public final AddressSpace mapping() {
        return mapping;
    }

    @Override
    public final RwSemaphore iRwsem() {
        return iRwsem;
    }
}
