package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What fallocate(2) is doing with a file (`struct shmem_falloc`, which `i_private` points to): looked at by faults and
/// by swap-out. Also stands for `i_lock`, whose sections are single steps. `i_rwsem` keeps it to one at a time.
public final class ShmemFalloc extends SharedObject {
    private static final long RUNNING = 1;
    private static final long PROGRESS = 2;

    private final List<Waiter> waiters = new ArrayList<>(2);
    private Optional<Range> range = Optional.empty();
    private long next;
    private long falloced;
    private long unswapped;

    /// What is worked on.
    ///
    /// @param start   the first page
    /// @param end     the first page behind
    /// @param punches whether the pages go
    record Range(long start, long end, boolean punches) {}

    /// A fault that sleeps until the hole is punched.
    static final class Waiter {
        private final Task task;
        private boolean woken;

        private Waiter(Task task) {
            this.task = task;
        }
    }

    ShmemFalloc(Machine machine, String file) {
        super(machine, "i_private", file);
    }

    /// Begins. One step.
    void begin(Range work) {
        machine().step(this, Access.WRITE, RUNNING);
        range = Optional.of(work);
        next = work.start;
        falloced = 0;
        unswapped = 0;
        changed();
    }

    /// Ends, and wakes the faults that wait for it. One step.
    void end() {
        machine().step(this, Access.WRITE, -1);
        range = Optional.empty();
        waiters.forEach(waiter -> waiter.woken = true);
        waiters.clear();
        changed();
    }

    /// {@return whether there is any, seen without `i_lock`} One step.
    boolean isRunning() {
        machine().step(this, Access.READ, RUNNING);
        machine().current().learn(range.isPresent() ? 1 : 0);
        return range.isPresent();
    }

    /// {@return whether a hole is being punched that the page lies in} One step.
    public boolean isPunching(long index) {
        machine().step(this, Access.READ, RUNNING);
        boolean punching = covers(index);
        machine().current().learn(punching ? 1 : 0);
        return punching;
    }

    private boolean covers(long index) {
        return range.filter(work -> work.punches && index >= work.start && index < work.end).isPresent();
    }

    /// Joins those that wait for the hole, if one is being punched that the page lies in (`prepare_to_wait`). One step.
    Optional<Waiter> join(long index) {
        machine().step(this, Access.WRITE, RUNNING);
        boolean punching = covers(index);
        machine().current().learn(punching ? 1 : 0);
        if (!punching) {
            return Optional.empty();
        }
        Waiter waiter = new Waiter(machine().current());
        waiters.add(waiter);
        changed();
        return Optional.of(waiter);
    }

    /// Sleeps until the hole is punched. One step.
    void sleep(Waiter waiter) {
        machine().await(this, RUNNING, () -> waiter.woken);
    }

    /// Pages up to `index` (exclusive) are there. The caller holds the lock of the last one. One step.
    ///
    /// @param fresh how many of them were not there before, or not up to date
    void reached(long index, long fresh) {
        machine().step(this, Access.WRITE, PROGRESS);
        falloced += fresh;
        next = index;
        changed();
    }

    /// {@return whether swap-out has come past more often than pages were allocated: there is too little memory} One step.
    boolean isThrashing() {
        machine().step(this, Access.READ, PROGRESS);
        boolean thrashing = unswapped > falloced;
        machine().current().learn(thrashing ? 1 : 0);
        return thrashing;
    }

    /// Swap-out has met a page that is not up to date. The caller holds its lock. One step.
    ///
    /// @return whether it is one that is being allocated, which swap-out leaves alone
    @Models(file = "mm/shmem.c", symbol = "shmem_writeout")
    boolean keepsFromSwap(long index) {
        machine().step(this, Access.WRITE, -1);
        boolean kept = range.filter(work -> !work.punches && index >= work.start && index < next).isPresent();
        machine().current().learn(kept ? 1 : 0);
        if (kept) {
            unswapped++;
            changed();
        }
        return kept;
    }

    @Override
    protected long stateHash() {
        long hash = range.map(work -> Digest.mix(work.start * 31 + work.end, next)).orElse(0L);
        hash = Digest.mix(hash, falloced * 31 + unswapped);
        for (Waiter waiter : waiters) {
            hash = Digest.mix(hash, waiter.task.stableName());
        }
        return hash;
    }
}
