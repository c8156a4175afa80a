package dev.faultline.explore;

import dev.faultline.explore.verdict.Judge;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes a counter-example shorter: fewest switches between tasks first, then fewest steps. Tries to run
/// on with a task where the schedule switches away from it, as long as the same violation comes out.
/// What it returns was run, and gave that violation. Deterministic.
final class Minimiser {
    private final Program program;
    private final ExploreOptions options;
    private int budget;

    Minimiser(Program program, ExploreOptions options) {
        this.program = program;
        this.options = options;
        this.budget = options.minimiseBudget();
    }

    /// {@return whether `a` has fewer switches than `b`, or as many and fewer steps}
    static boolean isShorter(Schedule a, Schedule b) {
        int switches = Integer.compare(a.switches(), b.switches());
        return switches != 0 ? switches < 0 : a.steps() < b.steps();
    }

    Violation minimise(Violation violation) {
        Violation best = violation;
        for (Optional<Violation> shorter = improve(best); shorter.isPresent(); shorter = improve(best)) {
            best = shorter.get();
        }
        return best;
    }

    /// A stretch of steps of one task.
    private record Run(int task, int steps) {}

    private Optional<Violation> improve(Violation violation) {
        List<Run> runs = runs(violation.schedule());
        for (int i = 0; i < runs.size() && budget > 0; i++) {
            for (int j = i + 1; j < runs.size() && budget > 0; j++) {
                if (runs.get(j).task() != runs.get(i).task()) {
                    continue;
                }
                Optional<Violation> shorter = attempt(violation, joined(runs, i, j));
                if (shorter.isPresent()) {
                    return shorter;
                }
                break;
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

    private Optional<Violation> attempt(Violation violation, List<Run> runs) {
        budget--;
        Guided guided = new Guided(runs, choices(violation.schedule()));
        Execution execution = Execution.start(program, guided, options.stepBound(), null);
        List<Finding> ended = Judge.ending(execution);
        execution.finish();
        Schedule schedule = Schedule.of(execution.machine().trace());
        boolean same = Judge.all(ended, execution).contains(new Finding(violation.kind(), violation.summary()));
        return same && isShorter(schedule, violation.schedule())
                ? Optional.of(new Violation(violation.kind(), violation.summary(), schedule))
                : Optional.empty();
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
}
