package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The extents of one file that are being written: they have their place on the disk, which the tree does not know of
/// yet (fs/btrfs/ordered-data.c). In pages, both ends inclusive.
final class OrderedExtents extends SharedObject {
    private final List<Ordered> extents = new ArrayList<>(2);

    /// One of them. Its place is there until its owner has told the tree of it, or given it up.
    ///
    /// @param firstBlock where on the disk it begins
    /// @param direct     whether it is of a direct write (`BTRFS_ORDERED_DIRECT`)
    record Ordered(long first, long last, long firstBlock, boolean direct, Task owner) {
        /// {@return the block of a page}
        long block(long index) {
            return firstBlock + index - first;
        }
    }

    OrderedExtents(Machine machine, Object of) {
        super(machine, "ordered extents", of);
    }

    /// Adds one. The caller has locked its range. One step.
    @Models(file = "fs/btrfs/ordered-data.c", symbol = "btrfs_alloc_ordered_extent")
    Ordered add(long first, long last, long firstBlock, boolean direct) {
        machine().step(this, Access.WRITE, RangeLock.mask(first, last));
        Ordered ordered = new Ordered(first, last, firstBlock, direct, machine().current());
        extents.add(ordered);
        changed();
        return ordered;
    }

    /// {@return the first one that overlaps a range} One step.
    @Models(file = "fs/btrfs/ordered-data.c", symbol = "btrfs_lookup_ordered_range")
    Optional<Ordered> lookup(long first, long last) {
        machine().step(this, Access.READ, RangeLock.mask(first, last));
        Optional<Ordered> found = find(first, last);
        machine().current().learn(found.map(OrderedExtents::hash).orElse(0L));
        return found;
    }

    private Optional<Ordered> find(long first, long last) {
        return extents.stream().filter(e -> e.first <= last && first <= e.last)
                .min((a, b) -> Long.compare(a.first, b.first));
    }

    /// Takes one out, and wakes those who wait for it. One step.
    @Models(file = "fs/btrfs/ordered-data.c", symbol = "btrfs_remove_ordered_extent")
    void remove(Ordered ordered) {
        machine().step(this, Access.WRITE, RangeLock.mask(ordered.first, ordered.last));
        extents.remove(ordered);
        changed();
    }

    /// Waits until that one is complete. One step. Writing its pages is left to whoever has made it: here that has begun.
    @Models(file = "fs/btrfs/ordered-data.c", symbol = "btrfs_start_ordered_extent")
    void await(Ordered ordered) {
        machine().await(this, RangeLock.mask(ordered.first, ordered.last), () -> !extents.contains(ordered));
    }

    /// Waits until nothing of a range is being written. One step.
    @Models(file = "fs/btrfs/ordered-data.c", symbol = "btrfs_wait_ordered_range")
    void awaitRange(long first, long last) {
        machine().await(this, RangeLock.mask(first, last), () -> find(first, last).isEmpty());
    }

    /// {@return whether there is none, without a step: for checks at the end}
    boolean isEmpty() {
        return extents.isEmpty();
    }

    @Override
    public List<Task> holders() {
        return extents.stream().map(Ordered::owner).distinct().toList();
    }

    private static long hash(Ordered ordered) {
        return Digest.mix(ordered.first * 31 + ordered.last, ordered.firstBlock * 2 + (ordered.direct ? 1 : 0));
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Ordered ordered : extents) {
            hash += Digest.mix(hash(ordered), ordered.owner.stableName());
        }
        return hash;
    }
}
