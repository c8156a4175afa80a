package dev.faultline.kernel.syscall;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// The contexts of a process, by the names that it has for them (`mm->ioctx_table`).
final class AioContexts extends SharedObject {
    private final TreeMap<Long, AioContext> contexts = new TreeMap<>();

    AioContexts(Machine machine, String process) {
        super(machine, "ioctx_table", process);
    }

    /// Adds a context. One step.
    void add(AioContext context) {
        machine().step(this, Access.WRITE, -1);
        contexts.put(context.id(), context);
        changed();
    }

    /// {@return the context with that name (`lookup_ioctx`)} One step.
    Optional<AioContext> get(long id) {
        machine().step(this, Access.READ, -1);
        Optional<AioContext> found = Optional.ofNullable(contexts.get(id));
        machine().current().learn(found.isPresent() ? 1 : 0);
        return found;
    }

    /// Takes a context out. One step.
    void remove(AioContext context) {
        machine().step(this, Access.WRITE, -1);
        contexts.remove(context.id());
        changed();
    }

    /// {@return those that there are; no step}
    List<AioContext> all() {
        return List.copyOf(contexts.values());
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (long id : contexts.keySet()) {
            hash = hash * 31 + id;
        }
        return hash;
    }
}
