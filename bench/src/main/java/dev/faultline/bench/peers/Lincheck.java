package dev.faultline.bench.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Lincheck's model checking of threads, with its own number of invocations.
///
/// @param java   the command that runs its program, up to the arguments; empty if Lincheck is not there
/// @param folder where it may leave files
record Lincheck(List<String> java, Path folder, Budget budget) implements Tool {
    private static final int SMOKE_INVOCATIONS = 100;
    private static final Pattern WHO_HOLDS_WHAT = Pattern.compile("held by|owned by|owner");

    @Override
    public String name() {
        return "Lincheck";
    }

    @Override
    public Optional<String> missing() {
        return java.isEmpty() ? Optional.of("Maven could not get it") : Optional.empty();
    }

    /// It has no choices of the environment.
    @Override
    public Optional<Measured> measure(Row row) {
        if (row.program().equals("evict")) {
            return Optional.empty();
        }
        List<Child> goes = budget.repeat(() -> child(row, 0, budget.capSeconds()), Child::seconds);
        Child one = goes.getFirst();
        Verdict verdict = Verdict.valueOf(one.value("verdict").orElse("OTHER"));
        boolean found = verdict == Verdict.DEADLOCK || verdict == Verdict.LIVELOCK;
        boolean capped = verdict == Verdict.CAPPED;
        double cold = Median.of(goes.stream().map(Child::seconds).toList());
        double search = Median.of(goes.stream().map(go -> go.number("seconds")).toList());
        return Optional.of(new Measured(verdict,
                one.value("executions").orElse("?"), capped ? Double.POSITIVE_INFINITY : cold, found ? cold : Double.NaN,
                capped ? Double.POSITIVE_INFINITY : search, one.number("executions") / one.number("seconds"),
                Median.of(goes.stream().map(Child::peakMegabytes).toList()),
                Median.of(goes.stream().map(Child::cpuSeconds).toList()), Double.NaN,
                one.value("steps").map(steps -> steps + " / " + one.value("switches").orElse("")).orElse("–"),
                !found || row.truth() != Verdict.DEADLOCK ? "–"
                        : WHO_HOLDS_WHAT.matcher(one.output()).find() ? "yes" : "no",
                found ? "in its IDE" : "–"));
    }

    private Child child(Row row, int invocations, double seconds) {
        List<String> command = new ArrayList<>(java);
        command.addAll(List.of(row.program(), String.valueOf(row.size()), String.valueOf(invocations),
                String.valueOf((int) seconds)));
        return Child.run(folder, seconds + 20, command);
    }

    /// Two rows are enough to see that it runs.
    @Override
    public Optional<String> smoke(Row row) {
        if (!row.program().equals("abba") && !row.program().equals("lost-wakeup")) {
            return Optional.empty();
        }
        Child child = child(row, SMOKE_INVOCATIONS, 120);
        String verdict = child.value("verdict").orElse("none");
        return verdict.equals(row.truth().name()) ? Optional.empty() : Optional.of("the verdict is " + verdict + child.output());
    }
}
