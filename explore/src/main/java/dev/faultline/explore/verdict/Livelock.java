package dev.faultline.explore.verdict;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;
import java.util.ArrayList;
import java.util.List;

/// Which tasks go round for ever.
///
/// @param tasks   those that take steps in the cycle, by number
/// @param blocked those that wait meanwhile
/// @param from    the first step of the cycle; it ends with the trace
/// @param steps   its length
public record Livelock(List<Task> tasks, List<Task> blocked, int from, int steps) {
    /// Copies the lists.
    public Livelock {
        tasks = List.copyOf(tasks);
        blocked = List.copyOf(blocked);
    }

    /// {@return the livelock that `machine` has ended in}
    public static Livelock of(Machine machine) {
        Trace trace = machine.trace();
        int from = machine.livelockStart();
        List<Task> tasks = new ArrayList<>();
        List<Task> blocked = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (takesPart(trace, from, i)) {
                tasks.add(task);
            } else if (!task.isDone() && !task.isDaemon()) {
                blocked.add(task);
            }
        }
        return new Livelock(tasks, blocked, from, trace.length() - from);
    }

    private static boolean takesPart(Trace trace, int from, int task) {
        for (int i = from; i < trace.length(); i++) {
            if (trace.task(i) == task) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether one task goes round alone, so that no lucky order helps}
    public boolean isSolo() {
        return tasks.size() == 1;
    }

    /// {@return one line}
    public String summary() {
        String who = String.join(" and ", tasks.stream().map(Task::name).sorted().toList());
        String how = isSolo() ? who + " goes round for ever" : who + " undo each other's work for ever";
        String rest = blocked.isEmpty() ? "" : "; " + String.join(", ",
                blocked.stream().map(Task::name).sorted().toList()) + " can only wait";
        return how + rest;
    }
}
