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

/// A sleeping lock with one owner, who alone may unlock it.
public final class Mutex extends SharedObject {
    private @Nullable Task owner;

    /// A free mutex.
    ///
    /// @param lockClass the name of its lock class, e.g. `cred_guard_mutex`
    /// @param of        whose it is
    public Mutex(Machine machine, String lockClass, Object of) {
        super(machine, lockClass, of);
    }

    /// A free mutex that is part of `parent`, named by a key unique within it.
    public Mutex(StateObject parent, long key, String lockClass, Object of) {
        super(parent, key, lockClass, of);
    }

    /// Takes the lock, waiting for it. One step.
    public void lock() {
        lockNested(0);
    }

    /// Takes the lock as [#lock] does, within another one of its class: `mutex_lock_nested`.
    public void lockNested(int subclass) {
        LockMode mode = LockMode.exclusive(subclass);
        machine().claims(this, mode);
        machine().step(this, Access.ACQUIRE, -1);
        own(mode);
    }

    /// Takes the lock if it is free. One step.
    ///
    /// @return whether it was
    public boolean tryLock() {
        machine().step(this, Access.TRY, -1);
        boolean free = owner == null;
        machine().current().learn(free ? 1 : 0);
        if (free) {
            own(LockMode.EXCLUSIVE);
        }
        return free;
    }

    /// Gives the lock up. One step. By anybody but the owner it is a bug of the program.
    public void unlock() {
        Task me = machine().current();
        machine().step(this, Access.RELEASE, -1);
        if (owner != me) {
            throw machine().finding(Kind.BUG, label() + " unlocked by " + me + ", which does not own it");
        }
        owner = null;
        me.drops(this);
        changed();
    }

    /// {@return whether the running task owns the lock; no step}
    public boolean isMine() {
        return owner == machine().current();
    }

    private void own(LockMode mode) {
        Task me = machine().current();
        owner = me;
        me.holds(this, mode);
        changed();
    }

    @Override
    protected boolean permits(Task task) {
        return task.access() != Access.ACQUIRE || owner == null;
    }

    @Override
    public List<Task> holders() {
        Task who = owner;
        return who == null ? List.of() : List.of(who);
    }

    @Override
    protected long stateHash() {
        Task who = owner;
        return who == null ? 0 : who.stableName();
    }
}
