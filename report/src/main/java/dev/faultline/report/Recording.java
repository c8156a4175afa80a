package dev.faultline.report;

import dev.faultline.explore.verdict.Deadlock;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.explore.verdict.Livelock;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One execution, step by step, in words.
///
/// @param tasks     the names of the tasks, by number
/// @param steps     in order
/// @param cycleFrom the first step of the cycle of a livelock; -1 if it is none
/// @param waits     at the end of a deadlock, who waits for what
/// @param held      at the end, the locks of each task that holds some, and where it took them
/// @param findings  what must not be
/// @param drift     where the schedule did not fit, if it did not
public record Recording(
        List<String> tasks, List<Step> steps, int cycleFrom, List<Waiting> waits, List<Holding> held,
        List<Finding> findings, Optional<String> drift) {
    /// One step.
    ///
    /// @param chain   the kernel functions on the stack, outermost first
    /// @param access  how it touched its object, in a word
    /// @param objects what it touched
    /// @param notes   what was said about it
    public record Step(int task, List<String> chain, String access, List<String> objects, List<String> notes) {}

    /// A task that waits for ever.
    public record Waiting(int task, String words, List<String> chain) {}

    /// A lock that a task holds at the end.
    public record Holding(int task, String lock, boolean shared, List<String> chain) {}

    /// Runs `program` again along `schedule`.
    public static Recording of(Program program, Schedule schedule, long stepBound) {
        Replay replay = new Replay(schedule);
        Watcher watcher = new Watcher();
        Execution execution = Execution.start(program, replay, stepBound, watcher);
        Machine machine = execution.machine();
        List<Step> steps = List.copyOf(watcher.steps().subList(0, Math.min(machine.stepCount(), watcher.steps().size())));
        int cycleFrom = execution.ending() == Ending.LIVELOCK ? Livelock.of(machine).from() : -1;
        List<Waiting> waits = execution.ending() == Ending.DEADLOCK ? waits(machine, watcher) : List.of();
        List<String> tasks = names(machine);
        List<Holding> held = execution.ending() == Ending.DONE ? List.of() : held(machine, watcher.steps());
        List<Finding> ended = Judge.ending(execution);
        execution.finish();
        return new Recording(tasks, steps, cycleFrom, waits, held, Judge.all(ended, execution), replay.drift());
    }

    private static List<String> names(Machine machine) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            names.add(machine.task(i).name());
        }
        return names;
    }

    private static List<Waiting> waits(Machine machine, Watcher watcher) {
        return Deadlock.of(machine).waits().stream()
                .map(wait -> new Waiting(wait.task().id(), wait.words(), watcher.pendingChain(wait.task())))
                .toList();
    }

    /// @param steps all that were taken: locks held in a livelock were taken in the rounds that confirm it
    private static List<Holding> held(Machine machine, List<Step> steps) {
        List<Holding> held = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            for (Task.Hold hold : machine.task(i).held()) {
                int taken = Math.min(hold.step(), steps.size()) - 1;
                held.add(new Holding(i, hold.lock().label(), hold.shared(),
                        taken >= 0 ? steps.get(taken).chain() : List.of()));
            }
        }
        return held;
    }
}
