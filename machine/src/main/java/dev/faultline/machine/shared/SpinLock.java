package dev.faultline.machine.shared;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.StateObject;

/// A lock under which nobody sleeps: the whole critical section is one step, so there is never anybody to
/// wait for. Taking a step while one is held is a bug of the program.
///
/// State that it protects must not be touched without it.
public final class SpinLock extends SharedObject {
    /// A free lock.
    ///
    /// @param lockClass the name of its lock class, e.g. `gl_lockref`
    /// @param of        whose it is
    public SpinLock(Machine machine, String lockClass, Object of) {
        super(machine, lockClass, of);
    }

    /// A free lock that is part of `parent`, named by a key unique within it.
    public SpinLock(StateObject parent, long key, String lockClass, Object of) {
        super(parent, key, lockClass, of);
    }

    /// Takes the lock; the section up to [#unlock] is part of this one step.
    public void lock() {
        machine().step(this, Access.WRITE, -1);
        machine().enterAtomic();
    }

    /// Ends the section. No step.
    public void unlock() {
        machine().leaveAtomic();
    }

    @Override
    protected long stateHash() {
        return 0;
    }
}
