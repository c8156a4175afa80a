package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.block.BlockDevice;
import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.btrfs.OrderedExtents.Ordered;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A file of a btrfs: its locks, its ordered extents, and how its pages are read and written
/// (fs/btrfs/extent_io.c, fs/btrfs/inode.c).
public final class BtrfsInode extends CachedInode {
    private final Btrfs fileSystem;
    private final Disk disk;
    private final DiskInode onDisk;
    private final RwSemaphore iMmapLock;
    private final RangeLock extentLock;
    private final RangeLock dioLock;
    private final OrderedExtents ordered;
    private final Mutex delayedNode;
    private final BtrfsFile operations;

    BtrfsInode(Btrfs fileSystem, Node node, Disk disk, DiskInode onDisk) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.fileSystem = fileSystem;
        this.disk = disk;
        this.onDisk = onDisk;
        Machine machine = node.machine();
        String path = onDisk.path();
        this.iMmapLock = new RwSemaphore(machine, "i_mmap_lock", path);
        this.extentLock = new RangeLock(machine, "extent lock", path);
        this.dioLock = new RangeLock(machine, "direct extent lock", path);
        this.ordered = new OrderedExtents(machine, path);
        this.delayedNode = new Mutex(machine, "delayed_node->mutex", path);
        this.operations = new BtrfsFile(this);
    }

    Btrfs fileSystem() {
        return fileSystem;
    }

    DiskInode onDisk() {
        return onDisk;
    }

    /// {@return where its blocks are}
    BlockDevice device() {
        return disk.device();
    }

    /// {@return the lock that keeps pages of mappings from being made writable}
    RwSemaphore iMmapLock() {
        return iMmapLock;
    }

    /// {@return the lock of ranges (`EXTENT_LOCKED`)}
    RangeLock extentLock() {
        return extentLock;
    }

    /// {@return the lock of ranges that direct requests work on (`EXTENT_DIO_LOCKED`)}
    RangeLock dioLock() {
        return dioLock;
    }

    OrderedExtents ordered() {
        return ordered;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// Makes the file at least that long.
    void extendTo(long sizeBytes) {
        if (sizeBytes > mapping().iSize().read()) {
            mapping().iSize().write(sizeBytes);
            onDisk.setSizeBytes(sizeBytes);
        }
    }

    /// {@return what open files do}
    BtrfsFile file() {
        return operations;
    }

    // ---- the inode itself ----

    /// Notes that the inode has changed, to be written to the tree later.
    @Models(file = "fs/btrfs/delayed-inode.c", symbol = "btrfs_delayed_update_inode")
    void delayedUpdate() {
        delayedNode.lock();
        delayedNode.unlock();
    }

    /// Writes what was noted to the tree: the leaf is locked within the mutex.
    @Models(file = "fs/btrfs/delayed-inode.c", symbol = "btrfs_commit_inode_delayed_inode")
    void commitDelayed() {
        delayedNode.lock();
        fileSystem.tree().leaf().downWrite();
        fileSystem.tree().leaf().upWrite();
        delayedNode.unlock();
    }

    // ---- extents ----

    /// {@return the block of a page, or [DiskInode#HOLE]} The caller has locked the range. Every look-up reads the tree.
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_get_extent")
    long getExtent(long index) {
        fileSystem.tree().leaf().downRead();
        boolean there = onDisk.hasBlocks(index, index);
        long block = there ? onDisk.block(index) : DiskInode.HOLE;
        fileSystem.tree().leaf().upRead();
        return block;
    }

    /// Starts writing a range to new blocks: nothing is written in place. The caller has locked the range.
    @Models(file = "fs/btrfs/inode.c", symbol = "cow_file_range")
    Ordered newOrdered(long first, long last, boolean direct) {
        node().machine().step(disk, Access.WRITE, -1);
        long block = device().format((byte) 0);
        for (long index = first + 1; index <= last; index++) {
            device().format((byte) 0);
        }
        return ordered.add(first, last, block, direct);
    }

    /// The data of an ordered extent is on the disk: the tree learns of its place. Linux has a worker do that.
    ///
    /// @param pages how many of its pages were written; the others are given up
    @Models(file = "fs/btrfs/inode.c", symbol = "btrfs_finish_one_ordered")
    void finishOrdered(Ordered extent, long pages) {
        if (pages > 0) {
            long last = extent.first() + pages - 1;
            extentLock.lock(extent.first(), last);
            fileSystem.tree().leaf().downWrite();
            node().machine().step(onDisk, Access.WRITE, -1);
            for (long index = extent.first(); index <= last; index++) {
                onDisk.setBlock(index, extent.block(index));
            }
            fileSystem.tree().leaf().upWrite();
            extentLock.unlock(extent.first(), last);
        }
        ordered.remove(extent);
    }

    /// Locks a range of pages in which nothing is being written. The caller holds the folio lock of each.
    @Models(file = "fs/btrfs/extent_io.c", symbol = "lock_extents_for_read")
    private void lockExtentsForRead(long first, long last) {
        RetryLoop loop = node().machine().retryLoop("lock_extents_for_read");
        for (;;) {
            extentLock.lock(first, last);
            Optional<Ordered> writing = ordered.lookup(first, last);
            if (writing.isEmpty()) {
                return;
            }
            extentLock.unlock(first, last);
            ordered.await(writing.get());
            loop.again();
        }
    }

    // ---- pages ----

    @Override
    @Models(file = "fs/btrfs/extent_io.c", symbol = "btrfs_read_folio")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        long index = folio.index();
        lockExtentsForRead(index, index);
        long block = getExtent(index);
        if (block == DiskInode.HOLE) {
            folio.data().zero(0, Content.SIZE);
        } else {
            bio(false, block, folio).submitAndWait();
            zeroBehindEnd(folio);
        }
        extentLock.unlock(index, index);
        folio.flags().setBits(Folio.UPTODATE);
        folio.lock().unlock();
        return Optional.empty();
    }

    /// What a block holds behind the end of the file is none of the file's.
    @Models(file = "fs/btrfs/extent_io.c", symbol = "end_bbio_data_read")
    private void zeroBehindEnd(Folio folio) {
        long inside = mapping().iSize().read() - folio.index() * Content.SIZE;
        if (inside >= 0 && inside < Content.SIZE) {
            folio.data().zero((int) inside, (int) (Content.SIZE - inside));
        }
    }

    private Bio bio(boolean write, long block, Folio folio) {
        Bio bio = new Bio(device(), write, block * Content.SIZE);
        bio.add(folio, 0, Content.SIZE);
        return bio;
    }

    @Override
    @Models(file = "fs/btrfs/extent_io.c", symbol = "extent_writepage")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        long index = folio.index();
        long inFile = mapping().iSize().read() - index * Content.SIZE;
        if (inFile <= 0) {
            folio.lock().unlock(); // truncated meanwhile
            return Optional.empty();
        }
        if (inFile < Content.SIZE) {
            folio.data().zero((int) inFile, (int) (Content.SIZE - inFile));
        }
        extentLock.lock(index, index);
        Ordered extent = newOrdered(index, index, false);
        extentLock.unlock(index, index);
        Writeback.start(folio);
        folio.lock().unlock();
        bio(true, extent.firstBlock(), folio).submitAndWait();
        folio.flags().clearBits(Folio.WRITEBACK);
        finishOrdered(extent, 1);
        return Optional.empty();
    }

    /// {@return what nobody has ended}
    List<Finding> leftovers() {
        List<Finding> found = new ArrayList<>();
        if (!ordered.isEmpty()) {
            found.add(new Finding(Kind.LEAK, ordered.label() + " are never complete"));
        }
        for (RangeLock lock : List.of(extentLock, dioLock)) {
            if (!lock.isFree()) {
                found.add(new Finding(Kind.LEAK, lock.label() + " is locked for ever"));
            }
        }
        return found;
    }
}
