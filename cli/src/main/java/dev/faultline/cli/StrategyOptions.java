package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.machine.schedule.Schedule;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Which strategy to explore with, and what it needs to know.
final class StrategyOptions {
    private static final int DEPTH = 3;
    private static final int PREEMPTIONS = 2;
    private static final long LOTS = 10_000;

    @Option(names = "--strategy", paramLabel = "NAME", defaultValue = "dpor",
            description = "dpor (every interleaving, reduced; the default), pb (preemption bounding), pct, "
                    + "pos (partial-order sampling), surw (uniform for one object), random or replay.")
    private String name = "dpor";

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "For pct, pos, surw and random.")
    private long seed;

    @Option(names = "--depth", paramLabel = "D", description = "For pct: of the bugs sought; 3 unless given.")
    private Optional<Integer> depth = Optional.empty();

    @Option(names = "--preemptions", paramLabel = "N",
            description = "For pb: the last bound; 2 unless it, --executions or --time is given.")
    private Optional<Integer> preemptions = Optional.empty();

    @Option(names = "--schedule", paramLabel = "S", description = "For replay: as a counter-example prints it.")
    private Optional<String> schedule = Optional.empty();

    /// {@return what was asked for}
    ///
    /// @param budgeted whether something else ends the exploration
    /// @throws IllegalArgumentException if that makes no sense; the message says why
    StrategyChoice choice(boolean budgeted) {
        only("pct", "--depth", depth);
        only("pb", "--preemptions", preemptions);
        only("replay", "--schedule", schedule);
        return switch (name) {
            case "dpor" -> StrategyChoice.DPOR;
            case "pb" -> new StrategyChoice.Preemptions(
                    atLeast(0, "--preemptions", preemptions.orElse(budgeted ? Integer.MAX_VALUE : PREEMPTIONS)));
            case "pct" -> new StrategyChoice.Priorities(seed, atLeast(1, "--depth", depth.orElse(DEPTH)));
            case "pos" -> new StrategyChoice.PartialOrders(seed);
            case "surw" -> new StrategyChoice.UniformOrders(seed);
            case "random" -> new StrategyChoice.Walk(seed);
            case "replay" -> new StrategyChoice.Along(Schedule.parse(schedule.orElseThrow(
                    () -> new IllegalArgumentException("strategy 'replay' needs --schedule"))));
            default -> throw new IllegalArgumentException("unknown strategy '" + name
                    + "'; there are dpor, pb, pct, pos, surw, random and replay");
        };
    }

    boolean isExhaustive() {
        return name.equals("dpor");
    }

    private void only(String strategy, String option, Optional<?> given) {
        if (given.isPresent() && !name.equals(strategy)) {
            throw new IllegalArgumentException(option + " is for --strategy " + strategy);
        }
    }

    private static int atLeast(int least, String option, int value) {
        if (value < least) {
            throw new IllegalArgumentException(option + " must be at least " + least);
        }
        return value;
    }

    /// {@return `options`, ended and cared for as the strategy needs it: those that draw lots never end by themselves,
    /// and what is replayed is shown as it was}
    ExploreOptions within(ExploreOptions options, boolean budgeted) {
        return switch (name) {
            case "pct", "pos", "surw", "random" -> budgeted ? options : options.withExecutionLimit(LOTS);
            case "replay" -> options.withMinimiseBudget(0);
            default -> options;
        };
    }
}
