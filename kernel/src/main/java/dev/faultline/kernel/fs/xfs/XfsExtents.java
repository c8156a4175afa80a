package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/// The data fork of a file: which page has which block, and in which state, and the size on disk. Guarded by
/// `i_lock`. Ranges are of page indices, both ends inclusive. Blocks that hold data are in the [DiskInode]; here are
/// those without: unwritten, which read as zeroes, and delayed, which are promised but not found yet.
final class XfsExtents extends SharedObject {
    /// Pages in one state, whose blocks, if they have any, are neighbours.
    ///
    /// @param block the first one; of no meaning where there is none
    record Extent(Iomap.Type type, long index, long pages, long block) {
        boolean reaches(long last) {
            return index + pages > last;
        }
    }

    private final Disk disk;
    private final DiskInode inode;
    private final TreeMap<Long, Long> unwritten = new TreeMap<>();
    private final TreeSet<Long> delayed = new TreeSet<>();

    XfsExtents(Machine machine, Disk disk, DiskInode inode) {
        super(machine, "data fork", inode.path());
        this.disk = disk;
        this.inode = inode;
        inode.becomePartOf(this);
    }

    /// {@return the extent at `first`, as far as `last`} One step.
    Extent lookUp(long first, long last) {
        machine().step(this, Access.READ, -1);
        return learned(at(first, last));
    }

    /// Promises blocks for the holes at `first`, if there are any. One step.
    Extent reserve(long first, long last) {
        machine().step(this, Access.READ, -1, task ->
                SecondAccess.first(task, type(first) == Iomap.Type.HOLE ? Access.WRITE : Access.READ));
        Extent found = at(first, last);
        if (found.type() != Iomap.Type.HOLE) {
            return learned(found);
        }
        for (long index = first; index < first + found.pages(); index++) {
            delayed.add(index);
        }
        changed();
        return learned(at(first, last));
    }

    /// Finds unwritten blocks for what has none at `first`, if that is so: a hole, or delayed pages. One step.
    Extent allocate(long first, long last) {
        machine().step(this, Access.WRITE, -1);
        Extent found = at(first, last);
        if (found.type() == Iomap.Type.HOLE || found.type() == Iomap.Type.DELALLOC) {
            for (long index = first; index < first + found.pages(); index++) {
                delayed.remove(index);
                unwritten.put(index, disk.device().format((byte) 0));
            }
            changed();
        }
        return learned(at(first, last));
    }

    /// Finds unwritten blocks for the delayed pages around `index`, all of them. One step.
    Extent allocateDelayed(long index) {
        long first = index;
        while (delayed.contains(first - 1)) {
            first--;
        }
        allocate(first, Long.MAX_VALUE - 1);
        return at(index, index);
    }

    /// Marks what is unwritten in the range as holding data. One step.
    void written(long first, long last) {
        machine().step(this, Access.WRITE, -1);
        Map<Long, Long> range = unwritten.subMap(first, true, last, true);
        range.forEach(inode::setBlock);
        range.clear();
        changed();
    }

    /// Takes the promise for those pages of the range back that `gone` is so for. One step.
    void punchDelayed(long first, long last, LongPredicate gone) {
        machine().step(this, Access.WRITE, -1);
        delayed.subSet(first, true, last, true).removeIf(gone::test);
        changed();
    }

    /// Makes the range a hole. One step.
    void remove(long first, long last) {
        machine().step(this, Access.WRITE, -1);
        delayed.subSet(first, true, last, true).clear();
        unwritten.subMap(first, true, last, true).clear();
        for (long index = inode.nextBlock(first); index <= last; index = inode.nextBlock(index + 1)) {
            inode.forgetBlock(index);
        }
        changed();
    }

    /// Moves all extents from page `first` on by that many pages. None of them is delayed. One step.
    void shift(long first, long pages) {
        machine().step(this, Access.WRITE, -1);
        TreeMap<Long, Long> moved = new TreeMap<>(unwritten.tailMap(first));
        unwritten.tailMap(first).clear();
        moved.forEach((index, block) -> unwritten.put(index + pages, block));
        inode.shiftWithinStep(first, pages);
        changed();
    }

    /// {@return the size on disk, in bytes (`i_disk_size`)} One step.
    long sizeOnDisk() {
        machine().step(this, Access.READ, -1);
        machine().current().learn(inode.sizeBytes());
        return inode.sizeBytes();
    }

    /// Changes the size on disk. One step.
    void setSizeOnDisk(long sizeBytes) {
        machine().step(this, Access.WRITE, -1);
        inode.setSizeBytes(sizeBytes);
        changed();
    }

    private Extent at(long first, long last) {
        Iomap.Type type = type(first);
        if (type == Iomap.Type.HOLE) {
            return new Extent(type, first, Math.min(nextTaken(first) - 1, last) - first + 1, 0);
        }
        long block = block(first);
        long pages = 1;
        while (first + pages <= last && type(first + pages) == type && isNeighbour(first + pages, type, block + pages)) {
            pages++;
        }
        return new Extent(type, first, pages, block);
    }

    private long nextTaken(long index) {
        long next = Math.min(inode.nextBlock(index), Optional.ofNullable(unwritten.ceilingKey(index)).orElse(Long.MAX_VALUE));
        return Math.min(next, Optional.ofNullable(delayed.ceiling(index)).orElse(Long.MAX_VALUE));
    }

    private boolean isNeighbour(long index, Iomap.Type type, long block) {
        return type == Iomap.Type.DELALLOC || block(index) == block;
    }

    private long block(long index) {
        Long block = unwritten.get(index);
        return block == null ? Math.max(inode.block(index), 0) : block;
    }

    private Iomap.Type type(long index) {
        if (inode.block(index) != DiskInode.HOLE) {
            return Iomap.Type.MAPPED;
        }
        return unwritten.containsKey(index) ? Iomap.Type.UNWRITTEN
                : delayed.contains(index) ? Iomap.Type.DELALLOC : Iomap.Type.HOLE;
    }

    private Extent learned(Extent extent) {
        machine().current().learn(extent.type().ordinal() + 7 * (extent.pages() + 131 * extent.block()));
        return extent;
    }

    /// {@return the mapping that an extent stands for}
    Iomap iomap(Extent extent) {
        return new Iomap(extent.type(), extent.index() * Content.SIZE, lengthBytes(extent), disk.device(),
                extent.block() * Content.SIZE);
    }

    private static long lengthBytes(Extent extent) {
        return extent.reaches(Long.MAX_VALUE / Content.SIZE) ? Long.MAX_VALUE - extent.index() * Content.SIZE
                : extent.pages() * Content.SIZE;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Map.Entry<Long, Long> entry : unwritten.entrySet()) {
            hash = Digest.mix(hash, entry.getKey() * 131 + entry.getValue());
        }
        for (long index : delayed) {
            hash = Digest.mix(hash, index + 17);
        }
        return hash;
    }
}
