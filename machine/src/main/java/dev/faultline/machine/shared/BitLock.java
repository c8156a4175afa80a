package dev.faultline.machine.shared;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.LockMode;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.StateObject;
import dev.faultline.machine.task.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A lock that is one bit of a word, such as a folio's `PG_locked`: it has no owner of its own, so a task
/// other than the one that took it may unlock it (the completion of a read does).
public final class BitLock extends SharedObject {
    private boolean locked;
    private @Nullable Task taker;

    /// A clear bit.
    ///
    /// @param lockClass the name of its lock class, e.g. `folio lock`
    /// @param of        whose it is
    public BitLock(Machine machine, String lockClass, Object of) {
        super(machine, lockClass, of);
    }

    /// A clear bit that is part of `parent`, named by a key unique within it.
    public BitLock(StateObject parent, long key, String lockClass, Object of) {
        super(parent, key, lockClass, of);
    }

    /// Sets the bit, waiting until it is clear. One step.
    public void lock() {
        lockNested(0);
    }

    /// Sets the bit as [#lock] does, within another one of its class that comes before it in an order of their own:
    /// `subclass` tells the two apart.
    public void lockNested(int subclass) {
        LockMode mode = LockMode.exclusive(subclass);
        machine().claims(this, mode);
        machine().step(this, Access.ACQUIRE, -1);
        take(mode);
    }

    /// Says that somebody else will clear the bit that the running task has set, such as the completion of the
    /// read that it starts: what the task waits for from now on does not keep the bit set. No step.
    public void handOver() {
        machine().current().drops(this);
    }

    @Override
    public boolean isHandedOver() {
        return true;
    }

    /// Sets the bit if it is clear. One step.
    ///
    /// @return whether it was
    public boolean tryLock() {
        machine().step(this, Access.TRY, -1);
        boolean free = !locked;
        machine().current().learn(free ? 1 : 0);
        if (free) {
            take(LockMode.EXCLUSIVE);
        }
        return free;
    }

    /// Waits until the bit is clear, without setting it. One step.
    public void awaitUnlocked() {
        machine().await(this, -1, () -> !locked);
    }

    /// Sets the bit of an object that no other task has seen yet. No step.
    public void lockUnpublished() {
        taken(LockMode.EXCLUSIVE);
        changedUnseen();
    }

    /// Clears the bit. One step. Clearing a clear bit is a bug of the program.
    public void unlock() {
        machine().step(this, Access.RELEASE, -1);
        if (!locked) {
            throw machine().finding(Kind.BUG, label() + " unlocked while it is not locked");
        }
        Task who = taker;
        if (who != null) {
            who.drops(this);
        }
        locked = false;
        taker = null;
        changed();
    }

    /// {@return whether the bit is set} One step.
    public boolean isLocked() {
        machine().step(this, Access.READ, -1);
        machine().current().learn(locked ? 1 : 0);
        return locked;
    }

    /// {@return whether the running task set the bit; no step}
    public boolean isMine() {
        return taker == machine().current();
    }

    /// Waits until the bit is clear, without setting it. One step.
    public void await() {
        machine().claims(this, LockMode.EXCLUSIVE); // whoever keeps it set is waited for as for taking it
        machine().await(this, -1, () -> !locked);
    }

    private void take(LockMode mode) {
        taken(mode);
        changed();
    }

    private void taken(LockMode mode) {
        Task me = machine().current();
        locked = true;
        taker = me;
        me.holds(this, mode);
    }

    @Override
    protected boolean permits(Task task) {
        return task.access() != Access.ACQUIRE || !locked;
    }

    @Override
    public List<Task> holders() {
        Task who = taker;
        return who == null ? List.of() : List.of(who);
    }

    @Override
    protected long stateHash() {
        Task who = taker;
        return !locked ? 0 : who == null ? 1 : who.stableName();
    }
}
