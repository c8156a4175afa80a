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
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Machine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/// How well the size of the whole is known from a part of it: the estimate divided by the truth, after 1, 5, 20 and
/// 50 per cent of the executions.
///
/// Arguments: the folder of the zoo.
public final class EstimateBench {
    private static final double[] PARTS = {0.01, 0.05, 0.2, 0.5};

    private EstimateBench() {}

    /// Prints the table.
    public static void main(String[] args) throws MalformedLitmusException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.printf("%-44s %10s %8s %8s %8s %8s%n", "program", "executions", "1 %", "5 %", "20 %", "50 %");
        row(out, "last-zero 10", lastZero(10));
        row(out, "last-zero 13", lastZero(13));
        row(out, "readers 13", readers(13));
        row(out, "atomic increments 7", increments(7));
        row(out, "philosophers 12, ordered", philosophers(12));
        Path zoo = Path.of(args.length > 0 ? args[0] : "zoo");
        LitmusTest test = LitmusLoader.load(zoo.resolve("gfs2/crossed-reads-into-mappings.litmus"), Setup.modelled());
        for (String kernel : List.of("v5.14", "v5.16", "v6.18")) {
            row(out, test.name() + " on " + kernel, new LitmusProgram(test, Kernels.with(kernel, List.of())));
        }
    }

    private static void row(PrintStream out, String name, Program program) {
        List<double[]> seen = new ArrayList<>();
        ExploreOptions options = ExploreOptions.DEFAULT.withMinimiseBudget(0)
                .withProgress((executions, fraction) -> seen.add(new double[] {executions, fraction}));
        Exploration exploration = Explorer.explore(program, new Dpor(), options);
        double all = exploration.executions() + exploration.blocked();
        StringBuilder ratios = new StringBuilder();
        for (double part : PARTS) {
            double[] then = seen.get(Math.min(seen.size() - 1, (int) (part * seen.size())));
            ratios.append(String.format(" %8.2f", then[0] / then[1] / all));
        }
        out.printf("%-44s %,10d%s%n", name, (long) all, ratios);
    }

    private static Program lastZero(int n) {
        return program(n + 1, 0, n + 1, (objects, task) -> {
            if (task > 0) {
                objects.cells[task].write(objects.cells[task - 1].read() + 1);
                return;
            }
            int i = n;
            while (objects.cells[i].read() != 0) {
                i--;
            }
        });
    }

    private static Program readers(int n) {
        return program(1, 0, n + 1, (objects, task) -> {
            if (task == 0) {
                objects.cells[0].write(1);
            } else {
                objects.cells[0].read();
            }
        });
    }

    private static Program increments(int n) {
        return program(1, 0, n, (objects, task) -> objects.cells[0].addAndGet(1));
    }

    private static Program philosophers(int n) {
        return program(0, n, n, (objects, task) -> {
            Mutex one = objects.locks[Math.min(task, (task + 1) % n)];
            Mutex other = objects.locks[Math.max(task, (task + 1) % n)];
            one.lock();
            other.lock();
            other.unlock();
            one.unlock();
        });
    }

    /// What the tasks share.
    private static final class Objects {
        private final Cell[] cells;
        private final Mutex[] locks;

        Objects(Machine machine, int cellCount, int lockCount) {
            cells = new Cell[cellCount];
            locks = new Mutex[lockCount];
            for (int i = 0; i < cellCount; i++) {
                cells[i] = new Cell(machine, "cell", i, 0);
            }
            for (int i = 0; i < lockCount; i++) {
                locks[i] = new Mutex(machine, "lock", i);
            }
        }
    }

    private static Program program(int cells, int locks, int tasks, BiConsumer<Objects, Integer> body) {
        return machine -> new Program.World() {
            private final Objects objects = new Objects(machine, cells, locks);

            @Override
            public void setUp() {}

            @Override
            public void spawnTasks() {
                for (int i = 0; i < tasks; i++) {
                    int task = i;
                    machine.spawn("P" + i, () -> body.accept(objects, task));
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
}
