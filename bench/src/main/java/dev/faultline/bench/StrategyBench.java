package dev.faultline.bench;

import dev.faultline.explore.Exploration;
import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.ExploreOptions.Until;
import dev.faultline.explore.Explorer;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.history.Kernels;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.LitmusProgram;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/// How many executions each strategy takes to the first violation: of those that draw lots the median of many seeds,
/// and how many of them found nothing within the limit. The random walk stands beside, as what others have to beat.
///
/// Arguments: the folder of the zoo.
public final class StrategyBench {
    private static final int SEEDS = 51;
    private static final int LIMIT = 5_000;
    private static final long STEPS = 100_000;

    private static final ExploreOptions OPTIONS = ExploreOptions.DEFAULT.withStepBound(STEPS).withExecutionLimit(LIMIT)
            .withUntil(Until.FIRST_VIOLATION).withMinimiseBudget(0);

    private static final List<LongFunction<StrategyChoice>> DRAWN = List.of(
            StrategyChoice.Walk::new, StrategyChoice.PartialOrders::new, StrategyChoice.UniformOrders::new,
            seed -> new StrategyChoice.Priorities(seed, 2), seed -> new StrategyChoice.Priorities(seed, 3));

    private final PrintStream out;

    private StrategyBench(PrintStream out) {
        this.out = out;
    }

    /// Prints the table.
    public static void main(String[] args) throws IOException, MalformedLitmusException {
        new StrategyBench(new PrintStream(System.out, true, StandardCharsets.UTF_8))
                .run(Path.of(args.length > 0 ? args[0] : "zoo"));
    }

    private void run(Path zoo) throws IOException, MalformedLitmusException {
        out.printf("%-52s %9s %9s %9s %9s %9s %9s %9s%n", "executions to the first violation", "dpor", "pb", "random", "pos", "surw",
                "pct d=2", "pct d=3");
        for (int padding : new int[] {0, 18, 100}) {
            row("crossed locks, " + padding + " private steps before", crossed(padding));
        }
        row("a first step that has to come before the last of 52", lateWrite(50));
        for (int tasks : new int[] {3, 5}) {
            row(tasks + " philosophers", philosophers(tasks));
        }
        try (Stream<Path> files = Files.walk(zoo)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".litmus")).sorted().toList()) {
                LitmusTest test = LitmusLoader.load(file, Setup.modelled());
                boolean deadlocks = test.expectations().stream().anyMatch(line -> line.kernel().equals("v5.14")
                        && line.patches().isEmpty() && line.verdict().toString().equals("deadlock"));
                if (deadlocks) {
                    row(test.name() + " on v5.14", new LitmusProgram(test, Kernels.with("v5.14", List.of())));
                }
            }
        }
    }

    private void row(String name, Program program) {
        out.printf("%-52s %9s %9s", name, toFirst(program, StrategyChoice.DPOR),
                toFirst(program, new StrategyChoice.Preemptions(Integer.MAX_VALUE)));
        for (LongFunction<StrategyChoice> strategy : DRAWN) {
            out.printf(" %9s", median(program, strategy));
        }
        out.println();
    }

    private static String median(Program program, LongFunction<StrategyChoice> strategy) {
        long[] executions = new long[SEEDS];
        int missed = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            long found = executionsTo(program, strategy.apply(seed));
            missed += found > LIMIT ? 1 : 0;
            executions[seed] = found;
        }
        Arrays.sort(executions);
        return shown(executions[SEEDS / 2]) + (missed == 0 ? "" : " -" + missed);
    }

    private static String toFirst(Program program, StrategyChoice strategy) {
        return shown(executionsTo(program, strategy));
    }

    private static String shown(long executions) {
        return executions > LIMIT ? ">" + LIMIT : Long.toString(executions);
    }

    /// {@return the number of executions up to the first that shows a violation; one more than the limit if none does}
    private static long executionsTo(Program program, StrategyChoice strategy) {
        Exploration exploration = Explorer.explore(program, strategy.start(STEPS), OPTIONS);
        return exploration.violations().isEmpty() ? LIMIT + 1 : exploration.executions() + exploration.blocked();
    }

    // ---- programs without a kernel ----

    private static Program crossed(int padding) {
        return machine -> new World(machine, 2, task -> objects -> {
            for (int i = 0; i < padding; i++) {
                objects.cells[task].write(i);
            }
            objects.locks[task].lock();
            objects.locks[1 - task].lock();
            objects.locks[1 - task].unlock();
            objects.locks[task].unlock();
        });
    }

    /// One task writes a word at once, which has to come between the last two steps of the other one to be noticed.
    private static Program lateWrite(int padding) {
        return machine -> new World(machine, 2, task -> objects -> {
            if (task == 0) {
                objects.cells[0].write(2);
                return;
            }
            for (int i = 0; i < padding; i++) {
                objects.cells[1].write(i);
            }
            objects.cells[0].write(1);
            if (objects.cells[0].read() != 1) {
                throw machine.finding(Kind.CORRUPTION, "a write was lost");
            }
        });
    }

    private static Program philosophers(int tasks) {
        return machine -> new World(machine, tasks, task -> objects -> {
            objects.locks[task].lock();
            objects.locks[(task + 1) % tasks].lock();
            objects.locks[(task + 1) % tasks].unlock();
            objects.locks[task].unlock();
        });
    }

    /// What a task does.
    private interface Body {
        void run(World objects);
    }

    /// A cell and a lock for each task.
    private static final class World implements Program.World {
        private final Machine machine;
        private final IntFunction<Body> bodies;
        private final Cell[] cells;
        private final Mutex[] locks;

        World(Machine machine, int tasks, IntFunction<Body> bodies) {
            this.machine = machine;
            this.bodies = bodies;
            this.cells = new Cell[tasks];
            this.locks = new Mutex[tasks];
            Arrays.setAll(cells, i -> new Cell(machine, "cell", i, 0));
            Arrays.setAll(locks, i -> new Mutex(machine, "lock", i));
        }

        @Override
        public void setUp() {}

        @Override
        public void spawnTasks() {
            for (int i = 0; i < locks.length; i++) {
                Body body = bodies.apply(i);
                machine.spawn("P" + i, () -> body.run(this));
            }
        }

        @Override
        public void finish() {}

        @Override
        public Outcome outcome() {
            return Outcome.NONE;
        }
    }
}
