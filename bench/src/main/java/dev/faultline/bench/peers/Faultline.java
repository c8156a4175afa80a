package dev.faultline.bench.peers;

import dev.faultline.explore.Exploration;
import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.Violation;
import dev.faultline.machine.schedule.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Ours.
///
/// @param java   the command that runs [FaultlineOne], up to its arguments
/// @param folder where it may leave files
record Faultline(List<String> java, Path folder, Budget budget) implements Tool {
    // Many times what the longest execution of the set needs that ends.
    private static final long SMOKE_STEPS = 5_000;
    private static final Pattern WHO_HOLDS_WHAT =
            Pattern.compile("\\w+ waits for .*, (held by|queued behind writer|which it holds) \\w+");

    @Override
    public String name() {
        return "Faultline";
    }

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public Optional<Measured> measure(Row row) {
        List<Child> cold = budget.repeat(() -> child(row, "cold"), Child::seconds);
        Child one = cold.getFirst();
        if (one.timedOut() || one.status() != 0) {
            double seconds = one.timedOut() ? Double.POSITIVE_INFINITY : Double.NaN;
            Verdict verdict = one.timedOut() ? Verdict.CAPPED : Verdict.OTHER;
            return Optional.of(new Measured(verdict, "–", seconds, Double.NaN, Double.NaN, Double.NaN, Double.NaN,
                    Double.NaN, Double.NaN, "–", "–", "–"));
        }
        double first = row.isViolation()
                ? Median.of(budget.repeat(() -> child(row, "first"), Child::seconds).stream().map(Child::seconds).toList())
                : Double.NaN;
        Child warm = child(row, "warm", 4 * budget.capSeconds(), String.valueOf(budget.capSeconds() / 2));
        String trace = one.value("steps").map(steps -> steps + " / " + one.value("switches").orElse("")).orElse("–");
        String names = row.truth() != Verdict.DEADLOCK ? "–"
                : one.value("summary").filter(line -> WHO_HOLDS_WHAT.matcher(line).find()).isPresent() ? "yes" : "no";
        return Optional.of(new Measured(Verdict.valueOf(one.value("verdict").orElse("OTHER")),
                one.value("executions").orElse("") + " + " + one.value("blocked").orElse(""),
                Median.of(cold.stream().map(Child::seconds).toList()), first, warm.number("seconds"),
                one.number("executions") / warm.number("seconds"), Median.of(cold.stream().map(Child::peakMegabytes).toList()),
                Median.of(cold.stream().map(Child::cpuSeconds).toList()), warm.number("speedup"), trace, names,
                one.value("replay").orElse("–")));
    }

    private Child child(Row row, String mode) {
        return child(row, mode, budget.capSeconds(), "");
    }

    private Child child(Row row, String mode, double capSeconds, String argument) {
        List<String> command = new ArrayList<>(java);
        command.addAll(List.of(FaultlineOne.class.getName(), row.program(), String.valueOf(row.size()), mode, argument));
        return Child.run(folder, capSeconds, command);
    }

    /// In this process: the verdict, the exact number of executions, none of them blocked, and replay.
    @Override
    public Optional<String> smoke(Row row) {
        Program program = Classics.named(row.program(), row.size());
        Exploration exploration = FaultlineOne.explore(program, ExploreOptions.DEFAULT.withStepBound(SMOKE_STEPS));
        Verdict verdict = FaultlineOne.verdict(exploration);
        if (verdict != row.truth()) {
            return Optional.of("the verdict is " + verdict.word() + ", not " + row.truth().word());
        }
        if (exploration.executions() != row.executions() || exploration.blocked() != 0) {
            return Optional.of(exploration.executions() + " executions and " + exploration.blocked() + " blocked, not "
                    + row.executions() + " and none");
        }
        for (Violation violation : exploration.violations()) {
            if (!FaultlineOne.isReproduced(program, violation)) {
                return Optional.of("schedule " + violation.schedule() + " does not show it again");
            }
        }
        return Optional.empty();
    }
}
