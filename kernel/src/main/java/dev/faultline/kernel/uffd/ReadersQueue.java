package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.PollWait;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// The tasks that wait for something to read (`fd_wqh`). Who joins has just seen that there is nothing, in the same step.
final class ReadersQueue extends SharedObject {
    private final List<Task> readers = new ArrayList<>(2);
    private final List<PollWait> pollers = new ArrayList<>(2);

    ReadersQueue(Machine machine, Object of) {
        super(machine, "fd_wqh", of);
    }

    /// A reader joins, within a step that changes this.
    void join(Task reader) {
        readers.add(reader);
        changed();
    }

    /// A poller joins, within a step that changes this.
    void join(PollWait poller) {
        pollers.add(poller);
        changed();
    }

    /// Sleeps until there may be something to read; returns at once if that happened since the running task joined.
    /// One step.
    void await() {
        Task me = machine().current();
        machine().await(this, -1, () -> !readers.contains(me));
    }

    /// Wakes everybody. One step, which is but a look if there is nobody, and one for each poller.
    void wake() {
        machine().step(this, Access.READ, -1, task -> SecondAccess.first(task, isEmpty() ? Access.READ : Access.WRITE));
        List<PollWait> woken = List.copyOf(pollers);
        machine().current().learn(woken.size());
        if (!isEmpty()) {
            readers.clear();
            pollers.clear();
            changed();
        }
        woken.forEach(PollWait::wake);
    }

    /// {@return whether nobody waits; no step}
    boolean isEmpty() {
        return readers.isEmpty() && pollers.isEmpty();
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Task reader : readers) {
            hash += reader.stableName();
        }
        for (PollWait poller : pollers) {
            hash += poller.stableName();
        }
        return hash;
    }
}
