package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Machine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The tree of files: one leaf, with its lock. Its items are made from what the disk knows of each file, on demand.
///
/// Left out: folders, so that the items begin with those of the first file; more than one leaf; transactions.
final class FsTree {
    /// The number of the first file of a tree (`BTRFS_FIRST_FREE_OBJECTID` is its root folder).
    static final long FIRST_FILE = 257;

    /// The number of the tree of files (`BTRFS_FS_TREE_OBJECTID`).
    static final long ID = 5;

    /// The transaction that wrote the leaf: the one behind those of mkfs and of the mount.
    static final long GENERATION = 7;

    private static final int INODE_ITEM = 1;
    private static final int INODE_REF = 12;
    private static final int EXTENT_DATA = 108;
    private static final long ROOT_FOLDER = 256;

    private final RwSemaphore leaf;
    private final List<DiskInode> files = new ArrayList<>();

    FsTree(Machine machine, String of) {
        this.leaf = new RwSemaphore(machine, "btrfs-fs-00", of);
    }

    /// The name of an item.
    record Key(long objectId, int type, long offset) {
        /// {@return whether this key stands before, at (0) or behind another, its numbers being unsigned}
        int compareTo(Key other) {
            int order = Long.compareUnsigned(objectId, other.objectId);
            order = order != 0 ? order : Integer.compare(type, other.type);
            return order != 0 ? order : Long.compareUnsigned(offset, other.offset);
        }
    }

    /// An item of the leaf.
    record Item(Key key, Content bytes, int lengthBytes) {}

    /// {@return the lock of the leaf}
    RwSemaphore leaf() {
        return leaf;
    }

    /// Adds a file behind the others. Within a step that makes it, or before anything runs.
    void add(DiskInode file) {
        files.add(file);
    }

    /// {@return all items, in order} The caller holds the lock of the leaf. A step for each file.
    List<Item> items() {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            itemsOf(files.get(i), FIRST_FILE + i, items);
        }
        return items;
    }

    private static void itemsOf(DiskInode file, long number, List<Item> items) {
        file.hasBlocks(0, -1); // looks at the map, as the rest of this step does
        long size = file.sizeBytes();
        items.add(item(number, INODE_ITEM, 0, ByteBuffer.allocate(160).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(GENERATION).putLong(GENERATION).putLong(size).putLong(file.pagesWithBlocks().size() * (long) Content.SIZE)
                .putLong(0).putInt(1).putInt(0).putInt(0).putInt(0x81a4)));
        byte[] name = file.path().getBytes(StandardCharsets.UTF_8);
        items.add(item(number, INODE_REF, ROOT_FOLDER, ByteBuffer.allocate(10 + name.length).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(number - ROOT_FOLDER + 1).putShort((short) name.length).put(name)));
        extents(file, number, items);
    }

    /// Pages whose blocks lie one behind the other are one extent.
    private static void extents(DiskInode file, long number, List<Item> items) {
        long first = 0;
        long next = 0;
        for (long page : file.pagesWithBlocks()) {
            if (page != next || file.block(page) != file.block(first) + page - first) {
                addExtent(file, number, first, next - first, items);
                first = page;
            }
            next = page + 1;
        }
        addExtent(file, number, first, next - first, items);
    }

    private static void addExtent(DiskInode file, long number, long page, long pages, List<Item> items) {
        if (pages > 0) {
            items.add(extent(file, number, page, pages));
        }
    }

    private static Item extent(DiskInode file, long number, long page, long pages) {
        long bytes = pages * Content.SIZE;
        return item(number, EXTENT_DATA, page * Content.SIZE, ByteBuffer.allocate(53).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(GENERATION).putLong(bytes).putInt(0).put((byte) 1)
                .putLong(file.block(page) * Content.SIZE).putLong(bytes).putLong(0).putLong(bytes));
    }

    private static Item item(long number, int type, long offset, ByteBuffer bytes) {
        Content content = new Content((byte) 0);
        for (int i = 0; i < bytes.capacity(); i++) {
            content.store(i, 1, bytes.get(i));
        }
        return new Item(new Key(number, type, offset), content, bytes.capacity());
    }
}
