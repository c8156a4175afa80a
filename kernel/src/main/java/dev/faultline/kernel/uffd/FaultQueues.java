package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.PollWait;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The faults that wait for the program: those that it has not read yet (`fault_pending_wqh`) and those that it
/// has (`fault_wqh`); and the events that it has to read of before who caused them goes on (`event_wqh`). What Linux does
/// under one of the locks is one step. Who sleeps looks at its own wake-up only, which who comes after it does not change.
final class FaultQueues extends SharedObject {
    private static final long FAULTS = 1;
    private static final long WAKE_UPS = 2;
    private static final long EVENTS = 4;

    private final List<Waiter> pending = new ArrayList<>(4);
    private final List<Waiter> read = new ArrayList<>(4);
    private final List<Event> events = new ArrayList<>(2);
    private final ReadersQueue readers;
    private final ForkRead forkRead;

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
        private static final long READ = 1;
        private static final long ABORTED = 2;

        /// Who has caused it is awake again, and about to abort it.
        private static final long KILLED = 3;

        private final Task task;
        private final UffdMsg msg;
        private final Optional<UserfaultfdCtx> child;
        private final Cell end;

        /// One that the running task has caused.
        ///
        /// @param child after a fork, who serves the child
        Event(Machine machine, UffdMsg msg, Optional<UserfaultfdCtx> child) {
            this.task = machine.current();
            this.msg = msg;
            this.child = child;
            this.end = new Cell(machine, "event", task, 0);
        }

        /// {@return after a fork, who serves the child}
        Optional<UserfaultfdCtx> child() {
            return child;
        }

        /// Sleeps until the program has read of it, or the file is closed. One step.
        ///
        /// @return whether it was read
        boolean schedule() {
            end.await(value -> value != 0);
            task.learn(end.peek());
            return end.peek() == READ;
        }

        /// The process is killed: the task sleeps no longer. One step.
        void kill() {
            end.compareAndSet(0, KILLED);
        }

        /// A fork was told, descriptor and all. One step.
        ///
        /// @return whether who forked still waits
        boolean complete() {
            return end.compareAndSet(0, READ) || end.compareAndSet(KILLED, READ);
        }

        /// Nobody will read of it. One step.
        private void abort() {
            if (!end.compareAndSet(0, ABORTED)) {
                end.compareAndSet(KILLED, ABORTED);
            }
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

    FaultQueues(Machine machine, Object of, ForkRead forkRead) {
        super(machine, "fault_pending_wqh", of);
        this.forkRead = forkRead;
        this.readers = new ReadersQueue(machine, of);
    }

    /// {@return those who wait for something to read}
    ReadersQueue readers() {
        return readers;
    }

    /// Joins those that were not read yet. One step.
    void add(Waiter waiter) {
        machine().step(this, Access.WRITE, FAULTS);
        pending.add(waiter);
        changed();
    }

    /// Sleeps until woken; returns at once if that happened since [#add]. One step.
    void schedule(Waiter waiter) {
        machine().await(this, WAKE_UPS, () -> waiter.woken);
    }

    /// The process of the waiter is killed: it sleeps no longer. One step.
    void kill(Waiter waiter) {
        machine().step(this, Access.WRITE, FAULTS | WAKE_UPS);
        waiter.woken = true;
        pending.remove(waiter);
        read.remove(waiter);
        changed();
    }

    /// Leaves the queue that the waiter is in, if it was not woken. One step.
    void remove(Waiter waiter) {
        machine().step(this, Access.WRITE, FAULTS);
        if (pending.remove(waiter) || read.remove(waiter)) {
            changed();
        }
    }

    /// Takes the fault that has waited for longest to be read, which goes on waiting to be woken (`find_userfault`); or
    /// the first event. One step.
    Optional<Message> refile() {
        machine().step(this, Access.READ, FAULTS | EVENTS, this::announceTaken);
        return taken();
    }

    /// As [#refile]; if there is none, joins those that wait for one. Linux looks and joins with `fd_wqh.lock` held,
    /// which who wakes needs: one step.
    Optional<Message> refileOrJoin() {
        machine().step(this, Access.READ, FAULTS | EVENTS, task -> {
            announceTaken(task);
            announceJoined(task);
        });
        Optional<Message> msg = taken();
        if (msg.isEmpty()) {
            readers.join(machine().current());
        }
        return msg;
    }

    /// Nothing changes if there is nothing to read. An event that is read wakes its task.
    private void announceTaken(Task task) {
        SecondAccess.first(task, isReadable() ? Access.WRITE : Access.READ);
        if (pending.isEmpty() && !events.isEmpty()) {
            Event event = events.getFirst();
            event.child.filter(_ -> forkRead.takesReference()).ifPresent(child -> SecondAccess.touch(task, child.refcount(), Access.ADD, -1));
            if (event.child.isEmpty()) {
                SecondAccess.touch(task, event.end, Access.WRITE, -1);
            }
        }
    }

    private void announceJoined(Task task) {
        if (!isReadable()) {
            SecondAccess.touch(task, readers, Access.WRITE, -1);
        }
    }

    private boolean isReadable() {
        return !pending.isEmpty() || !events.isEmpty();
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
        if (event.child.isEmpty()) {
            event.end.poke(Event.READ);
        }
        event.child.filter(_ -> forkRead.takesReference()).ifPresent(UserfaultfdCtx::getWithinStep);
        changed();
        machine().current().learn(event.hash());
        return Optional.of(new Message(event.msg, event.child.map(_ -> event)));
    }

    /// Joins those that the program has to read of. One step.
    void add(Event event) {
        machine().step(this, Access.WRITE, EVENTS);
        events.add(event);
        changed();
    }

    /// Puts an event back that was taken, and could not be told, unless it was given up meanwhile. One step.
    void putBack(Event event) {
        machine().step(this, Access.WRITE, EVENTS, event.end, Access.READ, -1);
        boolean waits = event.end.peek() != Event.ABORTED;
        machine().current().learn(waits ? 1 : 0);
        if (waits && forkRead.putsBack()) {
            events.addFirst(event);
            changed();
        }
    }

    /// Gives the event up, unless it was read. One step, or two.
    ///
    /// @return whether it was given up
    boolean abort(Event event) {
        machine().step(this, Access.WRITE, EVENTS);
        events.remove(event);
        changed();
        event.abort();
        return event.end.peek() == Event.ABORTED;
    }

    /// The file is closed: nobody will read of any event. One step, and one for each event.
    void abortAll() {
        machine().step(this, Access.WRITE, EVENTS);
        List<Event> left = List.copyOf(events);
        machine().current().learn(left.size());
        events.clear();
        changed();
        left.forEach(Event::abort);
    }

    /// {@return whether a message can be read} A poller that waits joins those that are woken when there is one. One step.
    boolean poll(Optional<PollWait> wait) {
        machine().step(this, Access.READ, FAULTS | EVENTS, task -> {
            if (wait.isPresent()) {
                announceJoined(task);
            }
        });
        boolean ready = isReadable();
        machine().current().learn(ready ? 1 : 0);
        if (!ready && wait.isPresent()) {
            readers.join(wait.get());
        }
        return ready;
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
        machine().step(this, Access.WRITE, FAULTS | WAKE_UPS);
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
        return pending.isEmpty() && read.isEmpty() && events.isEmpty() && readers.isEmpty();
    }

    @Override
    protected long stateHash() {
        if (pending.isEmpty() && read.isEmpty() && events.isEmpty()) {
            return 0;
        }
        long hash = Digest.mix(hash(pending), hash(read));
        for (Event event : events) {
            hash = hash * 37 + event.hash();
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
