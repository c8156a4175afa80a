package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.PollWait;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The faults that wait for the program: those that it has not read yet (`fault_pending_wqh`) and those that it
/// has (`fault_wqh`); the events that it has to read of before who caused them goes on (`event_wqh`); and the tasks
/// that wait for something to read (`fd_wqh`). What Linux does under one of the locks is one step.
final class FaultQueues extends SharedObject {
    private static final long FAULTS = 1;
    private static final long READERS = 2;
    private static final long EVENTS = 4;

    private final List<Waiter> pending = new ArrayList<>(4);
    private final List<Waiter> read = new ArrayList<>(4);
    private final List<Event> events = new ArrayList<>(2);
    private final List<Task> readers = new ArrayList<>(2);
    private final List<PollWait> pollers = new ArrayList<>(2);

    /// A task that sleeps until its fault is served (`struct userfaultfd_wait_queue`).
    static final class Waiter {
        private final Task task;
        private final UffdMsg msg;
        private boolean woken;

        Waiter(Task task, UffdMsg msg) {
            this.task = task;
            this.msg = msg;
        }

        /// {@return what the program is told}
        UffdMsg msg() {
            return msg;
        }

        private boolean isIn(WakeRange range) {
            return range.contains(msg.address());
        }

        private long hash() {
            return Digest.mix(task.stableName(), msg.hash());
        }
    }

    /// A change of areas, whose task sleeps until the program has read of it.
    static final class Event {
        private final Task task;
        private final UffdMsg msg;
        private final Optional<UserfaultfdCtx> child;
        private boolean read;
        private boolean aborted;

        /// @param child after a fork, who serves the child
        Event(Task task, UffdMsg msg, Optional<UserfaultfdCtx> child) {
            this.task = task;
            this.msg = msg;
            this.child = child;
        }

        /// {@return after a fork, who serves the child}
        Optional<UserfaultfdCtx> child() {
            return child;
        }

        private long hash() {
            return Digest.mix(task.stableName(), msg.hash());
        }
    }

    /// What a reader gets.
    ///
    /// @param fork the event, if it is a fork: it is not over yet
    record Message(UffdMsg msg, Optional<Event> fork) {}

    /// The addresses whose faults are woken (`struct userfaultfd_wake_range`).
    ///
    /// @param lengthBytes 0 for all there are
    record WakeRange(long start, long lengthBytes) {
        static final WakeRange ALL = new WakeRange(0, 0);

        boolean contains(long address) {
            return lengthBytes == 0 || start <= address && address < start + lengthBytes;
        }
    }

    FaultQueues(Machine machine, Object of) {
        super(machine, "fault_pending_wqh", of);
    }

    /// Joins those that were not read yet. One step.
    void add(Waiter waiter) {
        machine().step(this, Access.WRITE, FAULTS);
        pending.add(waiter);
        changed();
    }

    /// Sleeps until woken; returns at once if that happened since [#add]. One step.
    void schedule(Waiter waiter) {
        machine().await(this, FAULTS, () -> waiter.woken);
    }

    /// Leaves the queue that the waiter is in, if it was not woken. One step.
    void remove(Waiter waiter) {
        machine().step(this, Access.WRITE, FAULTS);
        if (pending.remove(waiter) || read.remove(waiter)) {
            changed();
        }
    }

    /// Takes the fault that has waited for longest to be read, which goes on waiting to be woken (`find_userfault`).
    /// One step.
    Optional<Message> refile() {
        machine().step(this, Access.WRITE, FAULTS | EVENTS);
        return taken();
    }

    /// As [#refile]; if there is none, joins those that wait for one. Linux looks and joins with `fd_wqh.lock` held,
    /// which who wakes needs: one step.
    Optional<Message> refileOrJoin() {
        machine().step(this, Access.WRITE, FAULTS | EVENTS | READERS);
        Optional<Message> msg = taken();
        if (msg.isEmpty()) {
            readers.add(machine().current());
            changed();
        }
        return msg;
    }

    private Optional<Message> taken() {
        if (pending.isEmpty()) {
            return takenEvent();
        }
        Waiter waiter = pending.removeFirst();
        read.add(waiter);
        changed();
        machine().current().learn(waiter.hash());
        return Optional.of(new Message(waiter.msg, Optional.empty()));
    }

    /// An event is over when it is read, except for a fork, of which the program gets a descriptor first.
    private Optional<Message> takenEvent() {
        if (events.isEmpty()) {
            machine().current().learn(0);
            return Optional.empty();
        }
        Event event = events.removeFirst();
        event.read = event.child.isEmpty();
        changed();
        machine().current().learn(event.hash());
        return Optional.of(new Message(event.msg, event.read ? Optional.empty() : Optional.of(event)));
    }

    /// Joins those that the program has to read of. One step.
    void add(Event event) {
        machine().step(this, Access.WRITE, EVENTS);
        events.add(event);
        changed();
    }

    /// Sleeps until the program has read of it, or the file is closed. One step.
    void schedule(Event event) {
        machine().await(this, EVENTS, () -> event.read || event.aborted);
    }

    /// Gives the event up, unless it was read. One step.
    ///
    /// @return whether it was given up
    boolean abort(Event event) {
        machine().step(this, Access.WRITE, EVENTS);
        event.aborted |= !event.read;
        events.remove(event);
        changed();
        machine().current().learn(event.aborted ? 1 : 0);
        return event.aborted;
    }

    /// A fork was told, descriptor and all. One step.
    ///
    /// @return whether who forked still waits
    boolean complete(Event fork) {
        machine().step(this, Access.WRITE, EVENTS);
        fork.read = !fork.aborted;
        changed();
        machine().current().learn(fork.read ? 1 : 0);
        return fork.read;
    }

    /// The file is closed: nobody will read of any event. One step.
    void abortAll() {
        machine().step(this, Access.WRITE, EVENTS);
        events.forEach(event -> event.aborted = true);
        events.clear();
        changed();
    }

    /// Sleeps until there may be something to read; returns at once if that happened since [#refileOrJoin]. One step.
    void awaitReadable() {
        Task me = machine().current();
        machine().await(this, READERS, () -> !readers.contains(me));
    }

    /// {@return whether a message can be read} A poller that waits joins those that are woken when there is one. One step.
    boolean poll(Optional<PollWait> wait) {
        machine().step(this, Access.WRITE, FAULTS | EVENTS | READERS);
        boolean ready = !pending.isEmpty() || !events.isEmpty();
        machine().current().learn(ready ? 1 : 0);
        if (!ready && wait.isPresent()) {
            pollers.add(wait.get());
            changed();
        }
        return ready;
    }

    /// Wakes everybody who waits for something to read. One step, and one for each poller.
    void wakeReaders() {
        machine().step(this, Access.WRITE, READERS);
        List<PollWait> woken = List.copyOf(pollers);
        machine().current().learn(woken.size());
        if (!readers.isEmpty() || !pollers.isEmpty()) {
            readers.clear();
            pollers.clear();
            changed();
        }
        woken.forEach(PollWait::wake);
    }

    /// {@return whether anybody waits} One step, without the lock: a sequence counter makes it start over where a
    /// waiter moves from one queue to the other meanwhile.
    boolean isActive() {
        machine().step(this, Access.READ, FAULTS);
        boolean active = !pending.isEmpty() || !read.isEmpty();
        machine().current().learn(active ? 1 : 0);
        return active;
    }

    /// Wakes everybody whose address is in the range. One step.
    void wake(WakeRange range) {
        machine().step(this, Access.WRITE, FAULTS);
        wake(pending, range);
        wake(read, range);
    }

    private void wake(List<Waiter> queue, WakeRange range) {
        for (Waiter waiter : queue) {
            waiter.woken |= waiter.isIn(range);
        }
        if (queue.removeIf(waiter -> waiter.woken)) {
            changed();
        }
    }

    /// {@return whether nobody waits; no step}
    boolean isEmpty() {
        return pending.isEmpty() && read.isEmpty() && events.isEmpty() && readers.isEmpty() && pollers.isEmpty();
    }

    @Override
    protected long stateHash() {
        if (isEmpty()) {
            return 0;
        }
        long hash = Digest.mix(hash(pending), hash(read));
        for (Event event : events) {
            hash = hash * 37 + event.hash();
        }
        for (Task reader : readers) {
            hash += reader.stableName();
        }
        for (PollWait poller : pollers) {
            hash += poller.stableName();
        }
        return hash;
    }

    private static long hash(List<Waiter> queue) {
        long hash = 0;
        for (Waiter waiter : queue) {
            hash = hash * 31 + waiter.hash();
        }
        return hash;
    }
}
