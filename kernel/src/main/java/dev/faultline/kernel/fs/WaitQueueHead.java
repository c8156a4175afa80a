package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Tasks that wait for something to change, and polls (`wait_queue_head_t`). A wake-up reaches who is on the queue by
/// then, but of those who wait exclusively only the first.
public final class WaitQueueHead extends SharedObject {
    private final List<Waiter> waiters = new ArrayList<>(4);
    private final List<PollWait> polls = new ArrayList<>(2);

    /// How a task waits.
    public enum Wait {
        /// Woken whenever somebody is.
        SHARED,
        /// Woken if it is the first: whoever is takes what there is, and wakes the next one if something is left.
        EXCLUSIVE
    }

    private record Waiter(Task task, Wait sort) {}

    /// A queue with nobody on it.
    ///
    /// @param what the word for it in the field, e.g. `rd_wait`
    /// @param of   whose it is
    public WaitQueueHead(Machine machine, String what, Object of) {
        super(machine, what, of);
    }

    /// Waits until `condition` holds, which looks at shared objects in steps of its own.
    @Models(file = "include/linux/wait.h", symbol = "___wait_event")
    public void waitEvent(Wait wait, BooleanSupplier condition) {
        if (condition.getAsBoolean()) {
            return;
        }
        RetryLoop loop = machine().retryLoop("___wait_event");
        prepareToWait(wait);
        while (!condition.getAsBoolean()) {
            Task me = machine().current();
            machine().await(this, -1, () -> !isQueued(me));
            loop.again();
            prepareToWait(wait);
        }
        finishWait();
    }

    private void prepareToWait(Wait wait) {
        machine().step(this, Access.WRITE, -1);
        Task me = machine().current();
        if (!isQueued(me)) {
            waiters.add(new Waiter(me, wait));
            changed();
        }
    }

    private void finishWait() {
        machine().step(this, Access.WRITE, -1);
        Task me = machine().current();
        if (waiters.removeIf(waiter -> waiter.task() == me)) {
            changed();
        }
    }

    private boolean isQueued(Task task) {
        return waiters.stream().anyMatch(waiter -> waiter.task() == task);
    }

    /// Adds a poll, which is woken with everybody. One step.
    @Models(file = "include/linux/poll.h", symbol = "poll_wait")
    public void pollWait(PollWait poll) {
        machine().step(this, Access.WRITE, -1);
        if (!polls.contains(poll)) {
            polls.add(poll);
            changed();
        }
    }

    /// Wakes the polls, those who wait with others, and the first of those who wait exclusively. One step, and one for
    /// each poll.
    @Models(file = "kernel/sched/wait.c", symbol = "__wake_up")
    public void wakeUp() {
        wake(1);
    }

    /// Wakes everybody. One step, and one for each poll.
    public void wakeUpAll() {
        wake(Integer.MAX_VALUE);
    }

    private void wake(int exclusive) {
        machine().step(this, Access.WRITE, -1);
        List<PollWait> woken = List.copyOf(polls);
        if (!waiters.isEmpty() || !polls.isEmpty()) {
            changed();
        }
        polls.clear();
        int left = exclusive;
        for (int i = 0; i < waiters.size();) {
            boolean alone = waiters.get(i).sort() == Wait.EXCLUSIVE;
            if (alone && left == 0) {
                i++;
            } else {
                left -= alone ? 1 : 0;
                waiters.remove(i);
            }
        }
        woken.forEach(PollWait::wake);
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Waiter waiter : waiters) {
            hash = hash * 31 + waiter.task().stableName() + waiter.sort().ordinal();
        }
        for (PollWait poll : polls) {
            hash += poll.stableName();
        }
        return hash;
    }
}
