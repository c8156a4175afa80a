package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// A lock of ranges of pages of one file: a bit of the tree of extent states (fs/btrfs/extent-io-tree.c). Ranges that
/// do not overlap do not disturb each other. Whoever locks a range again waits for itself.
final class RangeLock extends SharedObject {
    private final List<Range> locked = new ArrayList<>(2);

    private record Range(long first, long last, Task owner) {
        boolean overlaps(long otherFirst, long otherLast) {
            return first <= otherLast && otherFirst <= last;
        }
    }

    RangeLock(Machine machine, String what, Object of) {
        super(machine, what, of);
    }

    /// Locks the pages from `first` to `last` (inclusive), waiting until nobody has one of them. One step.
    @Models(file = "fs/btrfs/extent-io-tree.c", symbol = "btrfs_lock_extent_bits")
    void lock(long first, long last) {
        machine().await(this, Access.WRITE, mask(first, last),
                () -> locked.stream().noneMatch(range -> range.overlaps(first, last)));
        locked.add(new Range(first, last, machine().current()));
        changed();
    }

    /// Unlocks what is locked of the pages from `first` to `last` (inclusive). One step.
    @Models(file = "fs/btrfs/extent-io-tree.h", symbol = "btrfs_unlock_extent")
    void unlock(long first, long last) {
        machine().step(this, Access.WRITE, mask(first, last));
        List<Range> rest = new ArrayList<>(2);
        for (Range range : locked) {
            if (!range.overlaps(first, last)) {
                rest.add(range);
                continue;
            }
            if (range.first < first) {
                rest.add(new Range(range.first, first - 1, range.owner));
            }
            if (range.last > last) {
                rest.add(new Range(last + 1, range.last, range.owner));
            }
        }
        locked.clear();
        locked.addAll(rest);
        changed();
    }

    /// {@return whether nothing is locked, without a step: for checks at the end}
    boolean isFree() {
        return locked.isEmpty();
    }

    /// {@return one bit for each page; pages behind the first ones share the last bit}
    static long mask(long first, long last) {
        long low = Math.min(first, Long.SIZE - 1L);
        long high = Math.min(last, Long.SIZE - 1L);
        return (-1L << low) & (-1L >>> Long.SIZE - 1 - high);
    }

    /// {@return the last page of a range of bytes}
    static long lastPage(long pos, long lengthBytes) {
        return (pos + lengthBytes - 1) / Content.SIZE;
    }

    @Override
    public List<Task> holders() {
        return locked.stream().map(Range::owner).distinct().toList();
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Range range : locked) {
            hash += Digest.mix(range.first * 31 + range.last, range.owner.stableName());
        }
        return hash;
    }
}
