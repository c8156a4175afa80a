package dev.faultline.explore.verdict;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Which tasks go round for ever.
///
/// @param sort    how they keep each other going
/// @param tasks   those that go round, by number; each stands at the retry loop [Task#retrySite]
/// @param blocked those that can only wait meanwhile, daemons left out; by number
/// @param from    the first step of the cycle in the trace
/// @param steps   its length
public record Livelock(Sort sort, List<Task> tasks, List<Task> blocked, int from, int steps) {
    /// How tasks keep each other going.
    public enum Sort {
        /// One task repeats the same for ever: no order of steps helps.
        SOLO,
        /// Several tasks do, each for itself.
        EACH_ALONE,
        /// Tasks undo each other's work; another order of their steps may let them go.
        MUTUAL
    }

    /// Copies the lists.
    public Livelock {
        tasks = List.copyOf(tasks);
        blocked = List.copyOf(blocked);
    }

    /// {@return the livelock that `machine` has ended in}
    public static Livelock of(Machine machine) {
        int from = machine.livelockStart();
        int steps = machine.livelockLength();
        List<Task> cycling = new ArrayList<>();
        List<Task> tasks = new ArrayList<>();
        List<Task> blocked = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (takesPart(machine.trace(), from, from + steps, i)) {
                cycling.add(task);
                tasks.add(task);
            } else if (task.isParked()) {
                tasks.add(task); // goes round too, without effect
            } else if (!task.isDone() && !task.isDaemon()) {
                blocked.add(task);
            }
        }
        Sort sort = cycling.size() > 1 ? Sort.MUTUAL : tasks.size() > 1 ? Sort.EACH_ALONE : Sort.SOLO;
        return new Livelock(sort, tasks, blocked, from, steps);
    }

    private static boolean takesPart(Trace trace, int from, int to, int task) {
        for (int i = from; i < to; i++) {
            if (trace.task(i) == task) {
                return true;
            }
        }
        return false;
    }

    /// {@return one line}
    public String summary() {
        String who = String.join(" and ", tasks.stream().sorted(Comparator.comparing(Task::name))
                .map(task -> task + " (" + task.retrySite() + ")").toList());
        String how = switch (sort) {
            case SOLO -> who + " goes round for ever";
            case EACH_ALONE -> who + " go round for ever";
            case MUTUAL -> who + " undo each other's work for ever";
        };
        return how + (blocked.isEmpty() ? "" : "; "
                + String.join(" and ", blocked.stream().map(Task::name).sorted().toList()) + " can only wait");
    }
}
