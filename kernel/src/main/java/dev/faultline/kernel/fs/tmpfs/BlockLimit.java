package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;

/// How many blocks of a page each the files of a mount may have together (`struct shmem_sb_info`).
final class BlockLimit {
    /// No limit: nothing is counted.
    static final long NONE = 0;

    private final long maxBlocks;
    private final Cell usedBlocks;

    BlockLimit(Machine machine, String mountPoint, long maxBlocks) {
        this.maxBlocks = maxBlocks;
        this.usedBlocks = new Cell(machine, "used_blocks", mountPoint, 0);
    }

    boolean isLimited() {
        return maxBlocks != NONE;
    }

    /// {@return the most blocks; for a limited mount only}
    long maxBlocks() {
        return maxBlocks;
    }

    /// Counts blocks more, if the limit permits them (`percpu_counter_limited_add`). One step; none without a limit.
    ///
    /// @return whether it does
    boolean add(long blocks) {
        if (!isLimited()) {
            return true;
        }
        usedBlocks.touch(Access.WRITE);
        boolean fits = usedBlocks.peek() + blocks <= maxBlocks;
        usedBlocks.machine().current().learn(fits ? 1 : 0);
        usedBlocks.poke(fits ? usedBlocks.peek() + blocks : usedBlocks.peek());
        return fits;
    }

    /// Counts blocks less. One step; none without a limit.
    void subtract(long blocks) {
        if (isLimited()) {
            usedBlocks.add(-blocks);
        }
    }

    /// Counts what is there before anything runs. No step.
    void place(long blocks) {
        if (isLimited()) {
            usedBlocks.poke(usedBlocks.peek() + blocks);
        }
    }

    /// {@return the blocks that are counted, without a step}
    long peekUsed() {
        return usedBlocks.peek();
    }
}
