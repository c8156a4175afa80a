package dev.faultline.explore.verdict;

import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// Why nothing goes on: who waits for what, and who holds it.
///
/// @param waits one for each task that waits, daemons that only rest left out
/// @param cycle the waits that form a cycle, in order; empty if there is none, which means that what a task
///              waits for can be given by nobody (a lost wake-up)
public record Deadlock(List<Wait> waits, List<Wait> cycle) {
    /// Copies the lists.
    public Deadlock {
        waits = List.copyOf(waits);
        cycle = List.copyOf(cycle);
    }

    /// A task that waits.
    ///
    /// @param shared       whether it wants to share the lock
    /// @param on           the tasks that it waits for; empty if nobody is known
    /// @param behindWriter whether those do not hold the lock but wait for it before this task, as writers
    public record Wait(Task task, SharedObject object, boolean shared, List<Task> on, boolean behindWriter) {
        /// {@return this in words}
        public String words() {
            String what = task + " waits for " + object.label();
            if (on.isEmpty()) {
                return what + ", which nobody will give";
            }
            String whom = String.join(" and ", on.stream().map(Task::name).sorted().toList());
            return what + (behindWriter ? ", queued behind writer " + whom : ", held by " + whom);
        }
    }

    /// {@return the deadlock that `machine` has ended in}
    public static Deadlock of(Machine machine) {
        List<Wait> waits = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (!task.isDone() && !task.isParked()) {
                waits.add(waitOf(task));
            }
        }
        List<Wait> cycle = cycle(waits);
        waits.removeIf(wait -> wait.task().isDaemon() && !cycle.contains(wait));
        return new Deadlock(waits, cycle);
    }

    private static Wait waitOf(Task task) {
        SharedObject object = task.object();
        boolean shared = task.access() == Access.ACQUIRE_SHARED;
        if (shared && object instanceof RwSemaphore lock && !lock.waitingWriters().isEmpty()) {
            return new Wait(task, object, true, lock.waitingWriters(), true);
        }
        return new Wait(task, object, shared, List.copyOf(object.holders()), false);
    }

    private static List<Wait> cycle(List<Wait> waits) {
        for (Wait start : waits) {
            List<Wait> path = new ArrayList<>();
            if (reaches(start, start.task(), waits, path)) {
                return path;
            }
        }
        return List.of();
    }

    /// Looks for a way from `wait` along the waits back to `target`, and leaves it in `path`.
    private static boolean reaches(Wait wait, Task target, List<Wait> waits, List<Wait> path) {
        if (path.contains(wait)) {
            return false;
        }
        path.add(wait);
        for (Task next : wait.on()) {
            if (next == target) {
                return true;
            }
            for (Wait further : waits) {
                if (further.task() == next && reaches(further, target, waits, path)) {
                    return true;
                }
            }
        }
        path.remove(wait);
        return false;
    }

    /// {@return one line}
    public String summary() {
        List<Wait> told = cycle.isEmpty() ? waits : cycle;
        return String.join("; ", told.stream().map(Wait::words).sorted().toList());
    }
}
