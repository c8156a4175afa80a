package dev.faultline.machine.shared;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// A queue on which tasks sleep until they are woken. A wake-up reaches only tasks that are on the queue
/// by then: one who tests its condition first and joins the queue afterwards may sleep for ever.
///
/// Where the waiting loop is known to be right, [Cell#await] says the same in one step.
public final class WaitQueue extends SharedObject {
    private final List<Task> waiters = new ArrayList<>(4);

    /// An empty queue.
    ///
    /// @param what the word for it in the field, e.g. `fault_pending_wqh`
    /// @param of   whose it is
    public WaitQueue(Machine machine, String what, Object of) {
        super(machine, what, of);
    }

    /// Joins the queue (`prepare_to_wait`). One step.
    public void prepareToWait() {
        machine().step(this, Access.WRITE, -1);
        Task me = machine().current();
        if (!waiters.contains(me)) {
            waiters.add(me);
            changed();
        }
    }

    /// Sleeps until woken; returns at once if that happened since [#prepareToWait]. One step.
    public void schedule() {
        Task me = machine().current();
        machine().await(this, -1, () -> !waiters.contains(me));
    }

    /// Leaves the queue (`finish_wait`). One step.
    public void finishWait() {
        machine().step(this, Access.WRITE, -1);
        if (waiters.remove(machine().current())) {
            changed();
        }
    }

    /// Wakes everybody on the queue. One step.
    ///
    /// @return how many that were
    public int wakeUpAll() {
        machine().step(this, Access.WRITE, -1);
        int woken = waiters.size();
        if (woken > 0) {
            waiters.clear();
            changed();
        }
        machine().current().learn(woken);
        return woken;
    }

    /// Wakes the task that has been on the queue for longest. One step.
    ///
    /// @return whether there was one
    public boolean wakeUpOne() {
        machine().step(this, Access.WRITE, -1);
        boolean woken = !waiters.isEmpty();
        if (woken) {
            waiters.removeFirst();
            changed();
        }
        machine().current().learn(woken ? 1 : 0);
        return woken;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Task waiter : waiters) {
            hash = hash * 31 + waiter.stableName();
        }
        return hash;
    }
}
