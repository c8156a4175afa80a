package dev.faultline.machine.shared;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.LockMode;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.StateObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sleeping lock with many readers or one writer, fair to writers: a reader that comes while a writer
/// waits queues behind it, even if readers hold the lock. So a task that takes it for reading twice may
/// wait for itself.
///
/// A writer comes in two steps, queueing and taking; waiting writers have no order among themselves, as in
/// Linux, where they spin for the lock.
public final class RwSemaphore extends SharedObject {
    private @Nullable Task writer;
    private final List<Task> readers = new ArrayList<>(4);
    private final List<Task> waitingWriters = new ArrayList<>(2);

    /// A free lock.
    ///
    /// @param lockClass the name of its lock class, e.g. `mmap_lock`
    /// @param of        whose it is
    public RwSemaphore(Machine machine, String lockClass, Object of) {
        super(machine, lockClass, of);
    }

    /// A free lock that is part of `parent`, named by a key unique within it.
    public RwSemaphore(StateObject parent, long key, String lockClass, Object of) {
        super(parent, key, lockClass, of);
    }

    /// Takes the lock for reading, waiting for a writer that holds it or waits for it. One step.
    public void downRead() {
        downReadNested(0);
    }

    /// Takes the lock as [#downRead] does, within another one of its class: `down_read_nested`.
    public void downReadNested(int subclass) {
        LockMode mode = LockMode.shared(subclass);
        machine().claims(this, mode);
        machine().step(this, Access.ACQUIRE_SHARED, -1);
        addReader(mode);
    }

    /// Takes the lock for reading unless that means waiting. One step.
    ///
    /// @return whether it was taken
    public boolean downReadTrylock() {
        machine().step(this, Access.TRY, -1);
        boolean free = writer == null && waitingWriters.isEmpty();
        machine().current().learn(free ? 1 : 0);
        if (free) {
            addReader(LockMode.SHARED);
        }
        return free;
    }

    /// Takes the lock for writing, waiting for everybody who holds it. Two steps.
    public void downWrite() {
        downWriteNested(0);
    }

    /// Takes the lock as [#downWrite] does, within another one of its class: `down_write_nested`.
    public void downWriteNested(int subclass) {
        LockMode mode = LockMode.exclusive(subclass);
        machine().claims(this, mode);
        Task me = machine().current();
        machine().step(this, Access.QUEUE, -1);
        waitingWriters.add(me);
        changed();
        machine().step(this, Access.ACQUIRE_QUEUED, -1);
        waitingWriters.remove(me);
        ownAsWriter(me, mode);
    }

    /// Takes the lock for writing if nobody holds it or waits for it. One step.
    ///
    /// @return whether it was taken
    public boolean downWriteTrylock() {
        machine().step(this, Access.TRY, -1);
        boolean free = writer == null && readers.isEmpty() && waitingWriters.isEmpty();
        machine().current().learn(free ? 1 : 0);
        if (free) {
            ownAsWriter(machine().current(), LockMode.EXCLUSIVE);
        }
        return free;
    }

    /// Gives up a hold for reading. One step.
    public void upRead() {
        Task me = machine().current();
        machine().step(this, Access.RELEASE_SHARED, -1);
        if (!readers.remove(me)) {
            throw notHeld(me, "reading");
        }
        me.drops(this);
        changed();
    }

    /// Gives up the hold for writing. One step.
    public void upWrite() {
        Task me = machine().current();
        machine().step(this, Access.RELEASE, -1);
        releaseWriter(me);
        changed();
    }

    /// Gives up the hold for writing, and changes the parts `mask` of `also` in the same step.
    public void upWrite(SharedObject also, long mask) {
        Task me = machine().current();
        machine().step(this, Access.RELEASE, -1, also, Access.WRITE, mask);
        releaseWriter(me);
        changed();
    }

    /// Turns the hold for writing into one for reading, with no gap between, and changes the parts `mask` of `also` in
    /// the same step.
    public void downgradeWrite(SharedObject also, long mask) {
        Task me = machine().current();
        machine().step(this, Access.RELEASE, -1, also, Access.WRITE, mask);
        addReader(LockMode.shared(releaseWriter(me).subclass()));
    }

    /// Turns the hold for writing into one for reading, with no gap between. One step.
    public void downgradeWrite() {
        Task me = machine().current();
        machine().step(this, Access.RELEASE, -1);
        addReader(LockMode.shared(releaseWriter(me).subclass()));
    }

    private LockMode releaseWriter(Task me) {
        if (writer != me) {
            throw notHeld(me, "writing");
        }
        writer = null;
        LockMode mode = me.modeOf(this);
        me.drops(this);
        return mode;
    }

    /// {@return whether the running task holds the lock for writing; no step}
    public boolean isWriteLockedByMe() {
        return writer == machine().current();
    }

    /// {@return whether the running task holds the lock, for reading or for writing; no step}
    public boolean isLockedByMe() {
        Task me = machine().current();
        return writer == me || readers.contains(me);
    }

    private RuntimeException notHeld(Task me, String how) {
        return machine().finding(Kind.BUG, label() + " unlocked by " + me + ", which does not hold it for " + how);
    }

    private void addReader(LockMode mode) {
        Task me = machine().current();
        readers.add(me);
        me.holds(this, mode);
        changed();
    }

    private void ownAsWriter(Task me, LockMode mode) {
        writer = me;
        me.holds(this, mode);
        changed();
    }

    @Override
    protected boolean permits(Task task) {
        return switch (task.access()) {
            case ACQUIRE_SHARED -> writer == null && waitingWriters.isEmpty();
            case ACQUIRE_QUEUED -> writer == null && readers.isEmpty();
            default -> true;
        };
    }

    /// {@return the writer or the readers that hold the lock}
    @Override
    public List<Task> holders() {
        List<Task> all = new ArrayList<>(readers);
        Task who = writer;
        if (who != null) {
            all.add(who);
        }
        return all;
    }

    /// {@return the writers that wait for the lock}
    public List<Task> waitingWriters() {
        return List.copyOf(waitingWriters);
    }

    /// {@return whether a reader would wait for a waiting writer only, as no writer holds the lock}
    public boolean isWriterFirst() {
        return writer == null && !waitingWriters.isEmpty();
    }

    @Override
    protected long stateHash() {
        Task who = writer;
        long hash = who == null ? 0 : who.stableName();
        for (Task reader : readers) {
            hash += reader.stableName() * 3;
        }
        for (Task waiting : waitingWriters) {
            hash += waiting.stableName() * 5;
        }
        return hash;
    }
}
