package dev.faultline.bench;

import dev.faultline.explore.Exploration;
import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.Explorer;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.history.Kernels;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.LitmusProgram;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// What exploring costs: executions and steps a second on a program without a kernel and on two tests of the
/// zoo, and the price of a switch between tasks. Each row is warmed up, then the median of five runs.
///
/// Arguments: the folder of the zoo.
public final class ExplorerBench {
    private static final int RUNS = 5;
    private static final int EXECUTIONS = 20_000;
    private static final int SWITCHES = 100_000;

    /// Without making counter-examples shorter: that runs further executions, which are not counted.
    private static final ExploreOptions OPTIONS =
            ExploreOptions.DEFAULT.withExecutionLimit(EXECUTIONS).withMinimiseBudget(0);

    private final PrintStream out;

    private ExplorerBench(PrintStream out) {
        this.out = out;
    }

    /// Prints the table.
    public static void main(String[] args) throws MalformedLitmusException {
        new ExplorerBench(new PrintStream(System.out, true, StandardCharsets.UTF_8))
                .run(Path.of(args.length > 0 ? args[0] : "zoo"));
    }

    private void run(Path zoo) throws MalformedLitmusException {
        out.printf("%-52s %12s %12s %14s%n", "program", "executions", "exec/s", "steps/s");
        row("two tasks, 10 steps each on one lock", oneLock(5));
        row("crossed locks, 18 private steps before", crossed(18));
        for (String test : List.of("buffered-read-into-own-mapping", "crossed-reads-into-mappings")) {
            for (String kernel : List.of("v5.14", "v6.18")) {
                LitmusTest loaded = LitmusLoader.load(zoo.resolve("gfs2/" + test + ".litmus"), Setup.modelled());
                row(test + " on " + kernel, new LitmusProgram(loaded, Kernels.with(kernel, List.of())));
            }
        }
        out.printf("a switch from one task to another: %.0f ns%n", switchNanos());
        out.printf("boot and init, of an execution: %.0f %%%n", 100 * setUpShare(zoo));
    }

    /// The part of an execution of the test with crossed reads that goes by before there is anything to explore.
    private static double setUpShare(Path zoo) throws MalformedLitmusException {
        LitmusTest test = LitmusLoader.load(zoo.resolve("gfs2/crossed-reads-into-mappings.litmus"), Setup.modelled());
        Program program = new LitmusProgram(test, Kernels.with("v6.18", List.of()));
        double[] shares = new double[RUNS];
        for (int run = -2; run < RUNS; run++) {
            long start = System.nanoTime();
            for (int i = 0; i < EXECUTIONS / 2; i++) {
                Execution.start(program, new Giving(), Long.MAX_VALUE, null);
            }
            long setUp = System.nanoTime() - start;
            Explorer.explore(program, new Dpor(), OPTIONS.withExecutionLimit(EXECUTIONS / 2));
            if (run >= 0) {
                shares[run] = (double) setUp / (System.nanoTime() - start - setUp);
            }
        }
        return median(shares);
    }

    /// Gives up before the first step.
    private static final class Giving implements Scheduler {
        @Override
        public int next(Machine machine) {
            return ABANDON;
        }

        @Override
        public int choose(Machine machine, int alternatives) {
            return 0;
        }
    }

    /// Explores the program to its end again and again, until enough executions were seen.
    private void row(String name, Program program) {
        double[] executionRates = new double[RUNS];
        double[] stepRates = new double[RUNS];
        long executions = 0;
        for (int run = -2; run < RUNS; run++) {
            long start = System.nanoTime();
            long steps = 0;
            long done = 0;
            while (done < EXECUTIONS) {
                Exploration exploration = Explorer.explore(program, new Dpor(), OPTIONS);
                executions = exploration.executions();
                done += exploration.executions() + exploration.blocked();
                steps += exploration.steps();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            if (run >= 0) {
                executionRates[run] = done / seconds;
                stepRates[run] = steps / seconds;
            }
        }
        out.printf("%-52s %,12d %,12.0f %,14.0f%n", name, executions, median(executionRates), median(stepRates));
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static Program oneLock(int sections) {
        return twoTasks((machine, objects, task) -> {
            for (int i = 0; i < sections; i++) {
                objects.locks[0].lock();
                objects.locks[0].unlock();
            }
        });
    }

    private static Program crossed(int padding) {
        return twoTasks((machine, objects, task) -> {
            for (int i = 0; i < padding; i++) {
                objects.cells[task].write(i);
            }
            objects.locks[task].lock();
            objects.locks[1 - task].lock();
            objects.locks[1 - task].unlock();
            objects.locks[task].unlock();
        });
    }

    /// The shared objects of a program of two tasks.
    private static final class Objects {
        private final Mutex[] locks;
        private final Cell[] cells;

        Objects(Machine machine) {
            locks = new Mutex[] {new Mutex(machine, "lock", 0), new Mutex(machine, "lock", 1)};
            cells = new Cell[] {new Cell(machine, "cell", 0, 0), new Cell(machine, "cell", 1, 0)};
        }
    }

    /// What a task does.
    private interface Body {
        void run(Machine machine, Objects objects, int task);
    }

    private static Program twoTasks(Body body) {
        return machine -> new Program.World() {
            private final Objects objects = new Objects(machine);

            @Override
            public void setUp() {}

            @Override
            public void spawnTasks() {
                machine.spawn("P0", () -> body.run(machine, objects, 0));
                machine.spawn("P1", () -> body.run(machine, objects, 1));
            }

            @Override
            public void finish() {}

            @Override
            public Outcome outcome() {
                return Outcome.NONE;
            }
        };
    }

    /// The same number of steps, all with a switch before them and all without: the difference is the switch.
    private static double switchNanos() {
        double[] differences = new double[RUNS];
        for (int run = -2; run < RUNS; run++) {
            double with = nanosPerStep(true);
            double without = nanosPerStep(false);
            if (run >= 0) {
                differences[run] = with - without;
            }
        }
        return median(differences);
    }

    private static double nanosPerStep(boolean switching) {
        Program program = twoTasks((machine, objects, task) -> {
            for (int i = 0; i < SWITCHES; i++) {
                objects.cells[task].write(i);
            }
        });
        long start = System.nanoTime();
        Execution execution = Execution.start(program, switching ? new Alternating() : Scheduler.SEQUENTIAL,
                Long.MAX_VALUE, null);
        return (System.nanoTime() - start) / (double) execution.machine().stepCount();
    }

    /// Switches at each step.
    private static final class Alternating implements Scheduler {
        private int last;

        @Override
        public int next(Machine machine) {
            last = 1 - last;
            return machine.task(last).isEnabled() ? last : SEQUENTIAL.next(machine);
        }

        @Override
        public int choose(Machine machine, int alternatives) {
            return 0;
        }
    }
}
