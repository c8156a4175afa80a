package dev.faultline.bench.peers;

import dev.faultline.explore.Exploration;
import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.ExploreOptions.Until;
import dev.faultline.explore.Explorer;
import dev.faultline.explore.Violation;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.machine.schedule.Program;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Lets Faultline check one program of the set, and prints what came of it as lines of a key and a value.
///
/// Arguments: the name and the size of the program, and `cold` (all of it, once), `first` (up to the first violation)
/// or `warm` (again and again, with one thread and with two) and for how many seconds with each number of threads.
public final class FaultlineOne {
    private static final double WARM_UP_SECONDS = 5;
    private static final int RUNS = 5;
    private static final double LEAST_SECONDS = 0.02;
    // Below that many there is nothing for a second thread to do.
    private static final int WORTH_TWO_THREADS = 1_000;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Program program;

    private FaultlineOne(Program program) {
        this.program = program;
    }

    /// Checks the program.
    public static void main(String[] args) {
        FaultlineOne one = new FaultlineOne(Classics.named(args[0], Integer.parseInt(args[1])));
        switch (args[2]) {
            case "cold" -> one.tell(explore(one.program, ExploreOptions.DEFAULT));
            case "first" -> one.tell(explore(one.program, ExploreOptions.DEFAULT.withUntil(Until.FIRST_VIOLATION)));
            case "warm" -> one.warm(new Budget(RUNS, Double.parseDouble(args[3])));
            default -> throw new IllegalArgumentException(args[2]);
        }
    }

    /// {@return what exploring the program with the optimal strategy comes to}
    static Exploration explore(Program program, ExploreOptions options) {
        return Explorer.explore(program, new Dpor(), options);
    }

    /// {@return the verdict in the words of the table}
    static Verdict verdict(Exploration exploration) {
        if (exploration.violations().isEmpty()) {
            return exploration.complete() ? Verdict.HOLDS : Verdict.INCOMPLETE;
        }
        return switch (exploration.violations().getFirst().kind()) {
            case DEADLOCK -> Verdict.DEADLOCK;
            case LIVELOCK -> Verdict.LIVELOCK;
            default -> Verdict.OTHER;
        };
    }

    /// {@return whether following the schedule of `violation` shows it again}
    static boolean isReproduced(Program program, Violation violation) {
        Exploration again = Explorer.explore(program, new StrategyChoice.Along(violation.schedule()).start(100_000),
                ExploreOptions.DEFAULT.withMinimiseBudget(0));
        return again.violations().stream().anyMatch(found -> found.summary().equals(violation.summary()));
    }

    private void tell(Exploration exploration) {
        out.println("verdict " + verdict(exploration));
        out.println("executions " + exploration.executions());
        out.println("blocked " + exploration.blocked());
        for (Violation violation : exploration.violations()) {
            out.println("steps " + violation.steps());
            out.println("switches " + violation.switches());
            out.println("summary " + violation.summary());
            out.println("replay " + (isReproduced(program, violation) ? "yes" : "no"));
        }
    }

    private void warm(Budget budget) {
        double spent = 0;
        double last = 0;
        while (spent < WARM_UP_SECONDS) {
            last = seconds(1, 1);
            spent += last;
        }
        int times = (int) Math.max(1, LEAST_SECONDS / last);
        long executions = explore(program, options(1).withExecutionLimit(WORTH_TWO_THREADS)).executions();
        double alone = median(budget, 1, times);
        out.println("seconds " + alone);
        if (executions >= WORTH_TWO_THREADS) {
            out.println("speedup " + alone / median(budget, 2, times));
        }
    }

    private static ExploreOptions options(int threads) {
        return ExploreOptions.DEFAULT.withMinimiseBudget(0).withThreads(threads);
    }

    private double median(Budget budget, int threads, int times) {
        return Median.of(budget.repeat(() -> seconds(threads, times), seconds -> seconds * times));
    }

    /// {@return how long one exploration takes, from doing it that many times}
    private double seconds(int threads, int times) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
            explore(program, options(threads));
        }
        return (System.nanoTime() - start) / 1e9 / times;
    }
}
