package dev.faultline.explore;

import dev.faultline.explore.strategy.BruteForce;
import dev.faultline.explore.strategy.Strategy;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// What the executions of a strategy came to, one by one.
///
/// @param all whether the strategy came to its end
record Sightings(List<Sighting> list, boolean all) {
    /// One execution.
    ///
    /// @param preemptions how often a task was left that could have run on
    record Sighting(String schedule, String result, Ending ending, int steps, int preemptions) {}

    /// {@return what the first executions of `strategy` came to, those left out that it gave up}
    static Sightings of(Program program, Strategy strategy, int most) {
        List<Sighting> list = new ArrayList<>();
        Counting counting = new Counting(strategy);
        boolean more = true;
        while (more && list.size() < most) {
            counting.begin();
            Execution execution = Execution.start(program, counting, 400, null);
            more = strategy.plan(execution.machine());
            if (!strategy.wasRedundant()) {
                list.add(sighting(execution, counting.preemptions));
            }
        }
        return new Sightings(list, !more);
    }

    /// {@return what every execution comes to, if there are not more than `most`}
    static Optional<Sightings> everything(Program program, int most) {
        return Optional.of(of(program, new BruteForce(), most)).filter(Sightings::all);
    }

    private static Sighting sighting(Execution execution, int preemptions) {
        Machine machine = execution.machine();
        String schedule = Schedule.of(machine.trace()).toString();
        List<Finding> ended = Judge.ending(execution);
        Ending ending = execution.ending();
        int steps = machine.stepCount();
        execution.finish();
        String result = ending + " " + execution.outcome() + " "
                + Judge.all(ended, execution).stream().map(Finding::toString).sorted().toList();
        return new Sighting(schedule, result, ending, steps, preemptions);
    }

    /// {@return the different results of the executions with at most so many preemptions}
    TreeSet<String> results(int preemptions) {
        TreeSet<String> results = new TreeSet<>();
        list.stream().filter(one -> one.preemptions() <= preemptions).forEach(one -> results.add(one.result()));
        return results;
    }

    /// {@return the different results}
    TreeSet<String> results() {
        return results(Integer.MAX_VALUE);
    }

    /// {@return the different schedules of the executions with at most so many preemptions}
    TreeSet<String> schedules(int preemptions) {
        TreeSet<String> schedules = new TreeSet<>();
        list.stream().filter(one -> one.preemptions() <= preemptions).forEach(one -> schedules.add(one.schedule()));
        return schedules;
    }

    /// Orders steps as another one does, counts preemptions in its own way, and ends with the first finding.
    private static final class Counting implements Strategy {
        private final Strategy strategy;
        private int last;
        private int preemptions;

        Counting(Strategy strategy) {
            this.strategy = strategy;
        }

        @Override
        public String name() {
            return strategy.name();
        }

        @Override
        public void begin() {
            last = -1;
            preemptions = 0;
            strategy.begin();
        }

        @Override
        public int next(Machine machine) {
            boolean couldGoOn = last >= 0 && machine.task(last).isEnabled();
            int next = strategy.next(machine);
            preemptions += couldGoOn && next >= 0 && next != last ? 1 : 0;
            last = next;
            return next;
        }

        @Override
        public int choose(Machine machine, int alternatives) {
            return strategy.choose(machine, alternatives);
        }

        @Override
        public boolean plan(Machine machine) {
            return strategy.plan(machine);
        }

        @Override
        public boolean wasRedundant() {
            return strategy.wasRedundant();
        }

        @Override
        public boolean isExhaustive() {
            return strategy.isExhaustive();
        }

        @Override
        public double fractionDone() {
            return strategy.fractionDone();
        }
    }
}
