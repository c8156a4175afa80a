package dev.faultline.kernel.fs.disk;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// A file on a disk: its size, and which block holds each page of it. Whoever reads or changes it holds the
/// lock that its file system has for that.
public final class DiskInode extends SharedObject {
    /// No block: a hole.
    public static final long HOLE = -1;

    private static final long MOST_BLOCKS = 1L << 28;

    private final String path;
    private final long formattedSize;
    private long sizeBytes;
    private SharedObject place = this;
    private final TreeMap<Long, Long> blocks = new TreeMap<>();
    private final TreeSet<Long> delayed = new TreeSet<>();
    private final TreeSet<Long> unwritten = new TreeSet<>();

    DiskInode(Machine machine, String path, long sizeBytes) {
        super(machine, "block map", path);
        this.path = path;
        this.formattedSize = sizeBytes;
        this.sizeBytes = sizeBytes;
    }

    /// {@return the size, in bytes}
    public long sizeBytes() {
        return sizeBytes;
    }

    /// Changes the size. No step: the lock keeps others from looking.
    public void setSizeBytes(long size) {
        sizeBytes = size;
        changedUnseen();
    }

    /// Has steps touch that object from now on, which has more of the same list.
    public void becomePartOf(SharedObject list) {
        place = list;
    }

    /// Whether pages have blocks.
    public enum Blocks {
        /// Not all of them, or some hold data and others do not.
        MISSING,
        /// All, and they hold data.
        WRITTEN,
        /// All, and they read as zeroes until they are written.
        UNWRITTEN
    }

    /// {@return which blocks the pages from `first` to `last` (inclusive) have} One step.
    public Blocks blocks(long first, long last) {
        machine().step(place, Access.READ, -1);
        Blocks found = blocksNow(first, last);
        machine().current().learn(found.ordinal());
        return found;
    }

    private Blocks blocksNow(long first, long last) {
        boolean isUnwritten = unwritten.contains(first);
        for (long index = first; index <= last; index++) {
            if (block(index) == HOLE || delayed.contains(index) || unwritten.contains(index) != isUnwritten) {
                return Blocks.MISSING;
            }
        }
        return isUnwritten ? Blocks.UNWRITTEN : Blocks.WRITTEN;
    }

    /// {@return whether each of the pages from `first` to `last` (inclusive) has a block} One step.
    public boolean hasBlocks(long first, long last) {
        return blocks(first, last) != Blocks.MISSING;
    }

    /// {@return the block that holds page `index`, [#HOLE] for none} For the rest of a step on this list, and
    /// for parts that run alone.
    public long block(long index) {
        return blocks.getOrDefault(index, HOLE);
    }

    /// {@return the first page from `index` on that has a block, [Long#MAX_VALUE] if none has} For the rest of a step on
    /// this list, and for parts that run alone.
    public long nextBlock(long index) {
        Long next = blocks.ceilingKey(index);
        return next == null ? Long.MAX_VALUE : next;
    }

    /// {@return the pages that have a block, in order} For the rest of a step on this list.
    public List<Long> pagesWithBlocks() {
        return List.copyOf(blocks.keySet());
    }

    /// Makes `block` hold page `index`.
    public void setBlock(long index, long block) {
        blocks.put(index, block);
        delayed.remove(index);
        unwritten.remove(index);
        changed();
    }

    /// {@return whether a disk could hold all blocks from page `first` to `last`} Those of the model are as large as they need
    /// to be, up to what nobody has.
    public static boolean fits(long first, long last) {
        return last - first < MOST_BLOCKS;
    }

    /// Makes `block`, whose bytes are zero, hold page `index` once something is written to it.
    public void setUnwritten(long index, long block) {
        setBlock(index, block);
        unwritten.add(index);
    }

    /// {@return whether the block of page `index` reads as zeroes because nothing was written to it} For the rest of a step
    /// on this list.
    public boolean isUnwritten(long index) {
        return unwritten.contains(index);
    }

    /// Makes `block` the one that will hold page `index` once it is written back.
    public void promiseBlock(long index, long block) {
        setBlock(index, block);
        delayed.add(index);
    }

    /// {@return whether the block of page `index` is but promised} For the rest of a step on this list.
    public boolean isDelayed(long index) {
        return delayed.contains(index);
    }

    /// Makes the block of page `index` one that holds data, if it was promised or unwritten: the page is about to be
    /// written back. Linux marks it only afterwards, until when it reads as the zeroes that it holds. One step.
    public void use(long index) {
        machine().step(place, Access.READ, -1, task ->
                SecondAccess.first(task, delayed.contains(index) || unwritten.contains(index) ? Access.WRITE : Access.READ));
        if (delayed.remove(index) | unwritten.remove(index)) {
            changed();
        }
    }

    /// Makes page `index` a hole, for the rest of a step on this list.
    public void forgetBlock(long index) {
        blocks.remove(index);
        delayed.remove(index);
        unwritten.remove(index);
        changed();
    }

    /// Makes the block of each page from `index` on that of the page `by` pages behind it, before it if negative: there
    /// are none then. None of them is promised. One step.
    public void shiftBlocks(long index, long by) {
        machine().step(place, Access.WRITE, -1);
        shiftWithinStep(index, by);
    }

    /// As [#shiftBlocks], for the rest of a step on this list.
    public void shiftWithinStep(long index, long by) {
        TreeMap<Long, Long> moved = new TreeMap<>(blocks.tailMap(index));
        TreeSet<Long> movedUnwritten = new TreeSet<>(unwritten.tailSet(index));
        blocks.tailMap(index).clear();
        unwritten.tailSet(index).clear();
        moved.forEach((page, block) -> blocks.put(page + by, block));
        movedUnwritten.forEach(page -> unwritten.add(page + by));
        changed();
    }

    /// Forgets the blocks from page `index` on. One step.
    public void truncateBlocks(long index) {
        punchBlocks(index, Long.MAX_VALUE);
    }

    /// Forgets the blocks from page `index` to `end` (exclusive). One step.
    public void punchBlocks(long index, long end) {
        machine().step(place, Access.WRITE, -1);
        blocks.subMap(index, end).clear();
        delayed.subSet(index, end).clear();
        unwritten.subSet(index, end).clear();
        changed();
    }

    @Override
    protected boolean isChangedBy(Task task) {
        return task.changes(place);
    }

    @Override
    protected long stateHash() {
        long hash = sizeBytes - formattedSize;
        for (Map.Entry<Long, Long> entry : blocks.entrySet()) {
            hash = Digest.mix(hash, entry.getKey() * 131 + entry.getValue());
        }
        for (long index : delayed) {
            hash = Digest.mix(hash, ~index);
        }
        for (long index : unwritten) {
            hash = Digest.mix(hash, ~index * 31);
        }
        return hash;
    }

    /// {@return the path}
    public String path() {
        return path;
    }
}
