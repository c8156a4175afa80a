package dev.faultline.kernel.fs.disk;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// A file on a disk: its size, and which block holds each page of it. Whoever reads or changes it holds the
/// lock that its file system has for that.
public final class DiskInode extends SharedObject {
    /// No block: a hole.
    public static final long HOLE = -1;

    private final String path;
    private final long formattedSize;
    private long sizeBytes;
    private final TreeMap<Long, Long> blocks = new TreeMap<>();
    private final TreeSet<Long> delayed = new TreeSet<>();

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

    /// Changes the size.
    public void setSizeBytes(long size) {
        sizeBytes = size;
        changed();
    }

    /// {@return whether each of the pages from `first` to `last` (inclusive) has a block} One step.
    public boolean hasBlocks(long first, long last) {
        machine().step(this, Access.READ, -1);
        boolean all = true;
        for (long index = first; index <= last; index++) {
            all &= block(index) != HOLE && !delayed.contains(index);
        }
        machine().current().learn(all ? 1 : 0);
        return all;
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
        changed();
    }

    /// Makes `block` the one that will hold page `index` once it is written back.
    void promiseBlock(long index, long block) {
        setBlock(index, block);
        delayed.add(index);
    }

    /// {@return whether the block of page `index` is but promised} For the rest of a step on this list.
    public boolean isDelayed(long index) {
        return delayed.contains(index);
    }

    /// Allocates the block of page `index` if it was promised. One step.
    public void allocateDelayed(long index) {
        machine().step(this, Access.READ, -1,
                task -> SecondAccess.first(task, delayed.contains(index) ? Access.WRITE : Access.READ));
        if (delayed.remove(index)) {
            changed();
        }
    }

    /// Makes page `index` a hole, for the rest of a step on this list.
    public void forgetBlock(long index) {
        blocks.remove(index);
        delayed.remove(index);
        changed();
    }

    /// Forgets the blocks from page `index` on. One step.
    public void truncateBlocks(long index) {
        machine().step(this, Access.WRITE, -1);
        blocks.tailMap(index, true).clear();
        delayed.tailSet(index, true).clear();
        changed();
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
        return hash;
    }

    /// {@return the path}
    public String path() {
        return path;
    }
}
