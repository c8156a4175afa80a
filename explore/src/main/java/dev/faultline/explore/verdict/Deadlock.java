package dev.faultline.explore.verdict;

import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// Why nothing goes on: who waits for what, and who holds it. The same for executions that differ only in the
/// order of independent steps.
///
/// @param waits one for each task that waits, daemons that only rest left out; by name of the task
/// @param cycle the waits that form a shortest cycle, each on the next one's task; empty if there is none, which
///              means that what some task waits for can be given by nobody (a lost wake-up)
public record Deadlock(List<Wait> waits, List<Wait> cycle) {
    /// Copies the lists.
    public Deadlock {
        waits = List.copyOf(waits);
        cycle = List.copyOf(cycle);
    }

    /// A task that waits.
    ///
    /// @param shared       whether it wants to share the lock
    /// @param on           the tasks that it waits for, itself perhaps included, by name; empty if nobody is known
    /// @param behindWriter whether those do not hold the lock but wait for it before this task, as writers
    public record Wait(Task task, SharedObject object, boolean shared, List<Task> on, boolean behindWriter) {
        /// Copies the list.
        public Wait {
            on = List.copyOf(on);
        }

        /// {@return whether the task waits for what it holds itself}
        public boolean isOnItself() {
            return on.contains(task);
        }

        /// {@return this in words}
        public String words() {
            String what = task + " waits for " + object.label();
            if (on.isEmpty()) {
                return what + ", which nobody is left to change";
            }
            if (behindWriter) {
                return what + ", queued behind writer " + names(on);
            }
            List<Task> others = on.stream().filter(holder -> holder != task).toList();
            if (others.isEmpty()) {
                return what + ", which it holds itself";
            }
            return what + ", held by " + (isOnItself() ? "itself and " : "") + names(others);
        }

        private static String names(List<Task> tasks) {
            return String.join(" and ", tasks.stream().map(Task::name).sorted().toList());
        }
    }

    /// {@return the deadlock that `machine` has ended in}
    public static Deadlock of(Machine machine) {
        List<Wait> all = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (!task.isDone() && !task.isParked()) {
                all.add(waitOf(task));
            }
        }
        all.sort(Comparator.comparing(wait -> wait.task().name()));
        List<Wait> concerned = all.stream().filter(wait -> !wait.task().isDaemon()).toList();
        List<Wait> waits = all.stream().filter(wait -> isBehind(concerned, wait, all)).toList();
        return new Deadlock(waits, shortestCycle(waits));
    }

    private static Wait waitOf(Task task) {
        SharedObject object = task.object();
        boolean shared = task.access() == Access.ACQUIRE_SHARED;
        if (shared && object instanceof RwSemaphore lock && lock.isWriterFirst()) {
            return new Wait(task, object, true, byName(lock.waitingWriters()), true);
        }
        return new Wait(task, object, shared, byName(object.holders()), false);
    }

    private static List<Task> byName(List<Task> tasks) {
        return tasks.stream().distinct().sorted(Comparator.comparing(Task::name)).toList();
    }

    /// {@return whether one of `concerned` waits for the task of `wait`, directly or not, or is `wait` itself}
    private static boolean isBehind(List<Wait> concerned, Wait wait, List<Wait> all) {
        return concerned.contains(wait)
                || concerned.stream().anyMatch(waiter -> !path(waiter, wait.task(), all).isEmpty());
    }

    private static List<Wait> shortestCycle(List<Wait> waits) {
        List<Wait> shortest = List.of();
        for (Wait start : waits) {
            List<Wait> cycle = path(start, start.task(), waits);
            if (!cycle.isEmpty() && (shortest.isEmpty() || cycle.size() < shortest.size())) {
                shortest = cycle;
            }
        }
        return shortest;
    }

    /// {@return a shortest sequence of waits, from `start` on, of which each is on the next one's task and the last
    /// one on `target`; empty if there is none}
    private static List<Wait> path(Wait start, Task target, List<Wait> waits) {
        Deque<List<Wait>> paths = new ArrayDeque<>(List.of(List.of(start)));
        List<Wait> reached = new ArrayList<>(List.of(start));
        while (!paths.isEmpty()) {
            List<Wait> path = paths.removeFirst();
            if (path.getLast().on().contains(target)) {
                return path;
            }
            for (Task next : path.getLast().on()) {
                Optional<Wait> further = waits.stream().filter(wait -> wait.task() == next).findFirst();
                if (further.isPresent() && !reached.contains(further.get())) {
                    reached.add(further.get());
                    List<Wait> longer = new ArrayList<>(path);
                    longer.add(further.get());
                    paths.addLast(longer);
                }
            }
        }
        return List.of();
    }

    /// {@return one line}
    public String summary() {
        List<Wait> told = cycle.isEmpty() ? waits : cycle;
        return String.join("; ", told.stream().map(Wait::words).sorted().toList());
    }
}
