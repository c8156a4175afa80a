package dev.faultline.machine;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/// A program of a few tasks P0, P1, … over objects that its maker makes.
record Small(Function<Machine, List<Runnable>> maker) implements Program {
    @Override
    public World boot(Machine machine) {
        List<Runnable> tasks = maker.apply(machine);
        return new World() {
            @Override
            public void setUp() {}

            @Override
            public void spawnTasks() {
                for (int i = 0; i < tasks.size(); i++) {
                    machine.spawn("P" + i, tasks.get(i));
                }
            }

            @Override
            public void finish() {}

            @Override
            public Outcome outcome() {
                return Outcome.NONE;
            }
        };
    }

    /// {@return the execution in which the tasks take steps in that order, and the lowest one goes on after it}
    static Execution run(String schedule, Function<Machine, List<Runnable>> maker) {
        return Execution.start(new Small(maker), new Replay(Schedule.parse(schedule)), 1_000, null);
    }

    /// {@return an execution in which each task runs as far as it can}
    static Execution run(Function<Machine, List<Runnable>> maker) {
        return run("", maker);
    }

    /// {@return the one thing that is wrong with an execution}
    static String only(Execution execution) {
        if (execution.findings().size() != 1) {
            throw new AssertionError("not one finding: " + execution.findings());
        }
        return execution.findings().getFirst().summary();
    }

    /// Takes any enabled task and any alternative.
    static Scheduler random(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new Scheduler() {
            @Override
            public int next(Machine machine) {
                int enabled = enabled(machine);
                int pick = enabled == 0 ? 0 : random.nextInt(enabled);
                for (int i = 0; i < machine.taskCount(); i++) {
                    if (machine.task(i).isEnabled() && pick-- == 0) {
                        return i;
                    }
                }
                return NONE;
            }

            private int enabled(Machine machine) {
                int enabled = 0;
                for (int i = 0; i < machine.taskCount(); i++) {
                    enabled += machine.task(i).isEnabled() ? 1 : 0;
                }
                return enabled;
            }

            @Override
            public int choose(Machine machine, int alternatives) {
                return random.nextInt(alternatives);
            }
        };
    }
}
