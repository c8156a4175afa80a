package dev.faultline.kernel.syscall;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The children of a process, and how those ended that nobody has waited for yet.
final class Children extends SharedObject {
    /// What there was when somebody looked.
    sealed interface Found {
        /// A child that has ended: its number, and its status as wait(2) tells it.
        record Ended(int pid, int status) implements Found {}

        /// Not even a child to wait for.
        record None(Errno errno) implements Found {}

        /// Children, all of them running.
        record Running() implements Found {}
    }

    /// By process number: how it ended, once it has.
    private final TreeMap<Integer, Optional<Integer>> children = new TreeMap<>();

    Children(Machine machine, String process) {
        super(machine, "children", process);
    }

    /// Adds a child that runs. One step.
    void add(int pid) {
        machine().step(this, Access.WRITE, -1);
        children.put(pid, Optional.empty());
        changed();
    }

    /// A child has ended. One step.
    void ended(int pid, int status) {
        machine().step(this, Access.WRITE, -1);
        children.put(pid, Optional.of(status));
        changed();
    }

    /// Looks for a child that has ended, and takes it out. One step.
    ///
    /// @param pid   which; -1 for any
    /// @param block whether to wait while there are only running ones
    Found reap(int pid, boolean block) {
        machine().await(this, Access.WRITE, -1, () -> !block || !(find(pid) instanceof Found.Running));
        Found found = find(pid);
        if (found instanceof Found.Ended(int ended, int status)) {
            machine().current().learn(Digest.mix(ended, status));
            children.remove(ended);
            changed();
        }
        machine().current().learn(found instanceof Found.None ? 1 : 2);
        return found;
    }

    private Found find(int pid) {
        boolean any = false;
        for (Map.Entry<Integer, Optional<Integer>> child : children.entrySet()) {
            if (pid == -1 || pid == child.getKey()) {
                any = true;
                if (child.getValue().isPresent()) {
                    return new Found.Ended(child.getKey(), child.getValue().get());
                }
            }
        }
        return any ? new Found.Running() : new Found.None(Errno.ECHILD);
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Map.Entry<Integer, Optional<Integer>> child : children.entrySet()) {
            hash = Digest.mix(hash, child.getKey() * 1000L + child.getValue().orElse(-1));
        }
        return hash;
    }
}
