package dev.faultline.explore;

import dev.faultline.explore.strategy.SwitchBound;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes a counter-example shorter: fewest switches between tasks first, then fewest steps.
///
/// First it moves stretches of one task together, which soon leaves few switches; then it goes through all
/// executions with no switch, with one, and so on up to as many as are left. If the budget does not run out, no
/// execution with the same violation has fewer switches, or as many and fewer steps, and of equally short ones it is
/// the same one whichever was found first. Deterministic; what it returns was replayed.
final class Minimiser {
    private final Program program;
    private final long stepBound;
    private int budget;

    Minimiser(Program program, ExploreOptions options) {
        this.program = program;
        this.stepBound = options.stepBound();
        this.budget = options.minimiseBudget();
    }

    /// {@return whether `a` has fewer switches than `b`, or as many and fewer steps, or as many of both and comes
    /// before it in the order of its decisions, so that one of equally short ones is always the same}
    static boolean isShorter(Schedule a, Schedule b) {
        int switches = Integer.compare(a.switches(), b.switches());
        int steps = Integer.compare(a.steps(), b.steps());
        return switches != 0 ? switches < 0 : steps != 0 ? steps < 0 : isBefore(a, b);
    }

    private static boolean isBefore(Schedule a, Schedule b) {
        for (int i = 0; i < a.length() && i < b.length(); i++) {
            int order = Integer.compare(a.value(i), b.value(i));
            if (order != 0) {
                return order < 0;
            }
        }
        return a.length() < b.length();
    }

    /// {@return the violation with a schedule that is as short as `violation`'s or shorter}
    ///
    /// @throws AssertionError if the schedule does not lead to the violation: the program is not deterministic
    Violation minimise(Violation violation) {
        Finding sought = new Finding(violation.kind(), violation.summary());
        Schedule best = searched(sought, merged(sought, violation.schedule()));
        Replay replay = new Replay(best);
        if (attempt(sought, replay).isEmpty()) {
            throw new AssertionError("not deterministic: schedule " + best + " does not lead again to "
                    + violation.kind().word() + ": " + violation.summary());
        }
        return new Violation(violation.kind(), violation.summary(), best);
    }

    /// {@return the schedule of an execution under `scheduler`, if the finding comes out}
    private Optional<Schedule> attempt(Finding sought, Scheduler scheduler) {
        budget--;
        Execution execution = Execution.start(program, scheduler, stepBound, null);
        return execution.ending() == Ending.ABANDONED ? Optional.empty() : scheduleTo(sought, execution);
    }

    private static Optional<Schedule> scheduleTo(Finding sought, Execution execution) {
        List<Finding> ended = Judge.ending(execution);
        execution.finish();
        return Judge.all(ended, execution).contains(sought)
                ? Optional.of(Schedule.of(execution.machine().trace()))
                : Optional.empty();
    }

    // ---- moving stretches together ----

    /// A stretch of steps of one task.
    private record Run(int task, int steps) {}

    private Schedule merged(Finding sought, Schedule schedule) {
        Schedule best = schedule;
        for (Optional<Schedule> shorter = improve(sought, best); shorter.isPresent(); shorter = improve(sought, best)) {
            best = shorter.get();
        }
        return best;
    }

    private Optional<Schedule> improve(Finding sought, Schedule schedule) {
        List<Run> runs = runs(schedule);
        for (int i = 0; i < runs.size() && budget > 0; i++) {
            int next = i + 1;
            while (next < runs.size() && runs.get(next).task() != runs.get(i).task()) {
                next++;
            }
            if (next < runs.size()) {
                Guided guided = new Guided(joined(runs, i, next), choices(schedule));
                Optional<Schedule> shorter = attempt(sought, guided).filter(found -> isShorter(found, schedule));
                if (shorter.isPresent()) {
                    return shorter;
                }
            }
        }
        return Optional.empty();
    }

    private static List<Run> runs(Schedule schedule) {
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < schedule.length(); i++) {
            if (schedule.isChoice(i)) {
                continue;
            }
            int task = schedule.value(i);
            boolean same = !runs.isEmpty() && runs.getLast().task() == task;
            int before = same ? runs.removeLast().steps() : 0;
            runs.add(new Run(task, before + 1));
        }
        return runs;
    }

    /// {@return the runs with number `j` moved to right behind number `i`, which is of the same task}
    private static List<Run> joined(List<Run> runs, int i, int j) {
        List<Run> joined = new ArrayList<>(runs);
        Run moved = joined.remove(j);
        joined.set(i, new Run(moved.task(), runs.get(i).steps() + moved.steps()));
        return joined;
    }

    private static List<Integer> choices(Schedule schedule) {
        List<Integer> choices = new ArrayList<>();
        for (int i = 0; i < schedule.length(); i++) {
            if (schedule.isChoice(i)) {
                choices.add(schedule.value(i));
            }
        }
        return choices;
    }

    /// Follows a list of runs as well as it can: a task that cannot run yet is passed over, and gets its turn
    /// when the list is through.
    private static final class Guided implements Scheduler {
        private final List<Run> runs;
        private final List<Integer> choices;
        private int run;
        private int taken;
        private int choice;

        Guided(List<Run> runs, List<Integer> choices) {
            this.runs = runs;
            this.choices = choices;
        }

        @Override
        public int next(Machine machine) {
            while (run < runs.size()) {
                int task = runs.get(run).task();
                if (taken < runs.get(run).steps() && task < machine.taskCount() && machine.task(task).isEnabled()) {
                    taken++;
                    return task;
                }
                run++;
                taken = 0;
            }
            return SEQUENTIAL.next(machine);
        }

        @Override
        public int choose(Machine machine, int alternatives) {
            return choice < choices.size() ? Math.min(choices.get(choice++), alternatives - 1) : 0;
        }
    }

    // ---- all executions with few switches ----

    private Schedule searched(Finding sought, Schedule schedule) {
        Schedule best = schedule;
        for (int switches = 0; switches <= best.switches() && budget > 0; switches++) {
            best = searched(sought, best, switches);
        }
        return best;
    }

    /// {@return the shortest schedule of at most that many switches, or `best` if there is none that is shorter}
    private Schedule searched(Finding sought, Schedule best, int switches) {
        Schedule shortest = best;
        SwitchBound strategy = new SwitchBound(switches, switches < best.switches() ? Integer.MAX_VALUE : best.steps());
        boolean more = true;
        while (more && budget > 0) {
            strategy.begin();
            budget--;
            Execution execution = Execution.start(program, strategy, stepBound, null);
            more = strategy.plan(execution.machine());
            if (!strategy.wasRedundant()) {
                Schedule known = shortest;
                shortest = scheduleTo(sought, execution).filter(found -> isShorter(found, known)).orElse(known);
            }
        }
        return shortest;
    }
}
