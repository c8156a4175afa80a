package dev.faultline.kernel.fs.gfs2;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// One lock of the distributed lock manager: the state in which each node has it.
public final class Dlm extends SharedObject {
    private final List<Glock> nodes = new ArrayList<>();
    private final List<LockState> states = new ArrayList<>();

    Dlm(Machine machine, String resource) {
        super(machine, "dlm lock", resource);
    }

    /// Adds a node's glock, unlocked. Before anything runs.
    void join(Glock glock) {
        nodes.add(glock);
        states.add(LockState.UNLOCKED);
    }

    /// {@return whether the lock spans more than one node}
    boolean isClustered() {
        return nodes.size() > 1;
    }

    /// Gives the lock up to `state`, which no other node can mind. One step.
    void convertDown(Glock glock, LockState state) {
        machine().step(this, Access.WRITE, -1);
        set(glock, state);
    }

    /// Asks for the lock in `state`. One step.
    ///
    /// @return whether it was granted; if not, other nodes are in the way
    boolean tryConvert(Glock glock, LockState state) {
        machine().step(this, Access.WRITE, -1);
        boolean free = isFree(glock, state);
        machine().current().learn(free ? 1 : 0);
        if (free) {
            set(glock, state);
        }
        return free;
    }

    /// Waits until the lock can be had in `state`, and has it then. One step.
    void convert(Glock glock, LockState state) {
        machine().await(this, Access.WRITE, -1, () -> isFree(glock, state));
        set(glock, state);
    }

    /// Tells the nodes that are in the way of `state` to give way. One step for each.
    void callBack(Glock glock, LockState state) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i) != glock && !states.get(i).isCompatibleWith(state)) {
                nodes.get(i).callback(state);
            }
        }
    }

    private boolean isFree(Glock glock, LockState state) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i) != glock && !states.get(i).isCompatibleWith(state)) {
                return false;
            }
        }
        return true;
    }

    private void set(Glock glock, LockState state) {
        states.set(nodes.indexOf(glock), state);
        changed();
    }

    /// {@return the tasks of other nodes that hold the lock in a state other than unlocked}
    @Override
    public List<Task> holders() {
        List<Task> all = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (states.get(i) != LockState.UNLOCKED) {
                all.addAll(nodes.get(i).grantedTasks());
            }
        }
        return all;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (LockState state : states) {
            hash = hash * 5 + state.ordinal();
        }
        return hash == 0 ? 0 : Digest.mix(hash, 23);
    }
}
