package dev.faultline.machine.shared;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;

/// Something that will be done once for each [#complete]; each [#waitFor] uses one up.
public final class Completion extends SharedObject {
    private int done;

    /// A completion with nothing done yet.
    ///
    /// @param what what will be done
    /// @param of   whose it is
    public Completion(Machine machine, String what, Object of) {
        super(machine, what, of);
    }

    /// Says that it is done, once more. One step.
    public void complete() {
        machine().step(this, Access.ADD, -1);
        done++;
        changed();
    }

    /// Waits until it is done, and uses that up. One step: what is waited for is used up in it, so two
    /// waiters are ordered.
    public void waitFor() {
        machine().await(this, Access.WRITE, -1, () -> done > 0);
        done--;
        changed();
    }

    @Override
    protected long stateHash() {
        return done;
    }
}
