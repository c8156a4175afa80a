package dev.faultline.live.compare;

import dev.faultline.explore.OutcomeCount;
import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.live.run.Histogram;
import dev.faultline.live.translate.ProcessNumbers;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The outcomes of a test: which this host showed and which the model allows.
///
/// @param complete whether the model has been explored to the end, so that what is not among its outcomes is forbidden
/// @param rows     every outcome of either side
public record Comparison(LitmusTest test, Histogram host, boolean complete, List<Row> rows) {
    private static final String DEADLOCK = "deadlock";

    /// Copies the list.
    public Comparison {
        rows = List.copyOf(rows);
    }

    /// An outcome.
    ///
    /// @param text     the values of the observables, or `deadlock`
    /// @param observed in how many rounds this host ended so
    /// @param witness  a schedule by which the model ends so; nothing if it does not
    public record Row(String text, long observed, Optional<Schedule> witness) {
        /// {@return whether the model ends so}
        public boolean isAllowed() {
            return witness.isPresent();
        }
    }

    /// What the comparison comes to.
    public enum Verdict {
        /// All that was observed is allowed.
        WITHIN,
        /// Something was observed that is not among the outcomes found before the exploration was stopped.
        UNKNOWN,
        /// Something was observed that the model does not allow, or the test failed on this host.
        BROKEN
    }

    /// {@return the two sides of a test}
    public static Comparison of(TestResult model, Histogram host) {
        Map<String, Long> observed = new TreeMap<>();
        host.seen().forEach(seen -> observed.merge(text(model.test(), seen.values()), seen.rounds(), Long::sum));
        if (host.deadlocks() > 0) {
            observed.put(DEADLOCK, host.deadlocks());
        }
        List<Row> rows = new ArrayList<>();
        observed.forEach((text, rounds) -> rows.add(new Row(text, rounds, Optional.empty())));
        return new Comparison(model.test(), host, model.exploration().complete(), withWitnesses(rows, model));
    }

    /// {@return the same, where `further` is what another strategy found on the model: each outcome has an execution that
    /// ends so, whichever strategy came by it}
    public Comparison with(TestResult further) {
        return new Comparison(test, host, complete || further.exploration().complete(), withWitnesses(rows, further));
    }

    private static List<Row> withWitnesses(List<Row> rows, TestResult model) {
        Map<String, Schedule> allowed = allowed(model);
        List<Row> all = new ArrayList<>();
        for (Row row : rows) {
            Optional<Schedule> found = Optional.ofNullable(allowed.remove(row.text()));
            all.add(row.isAllowed() ? row : new Row(row.text(), row.observed(), found));
        }
        allowed.forEach((text, witness) -> all.add(new Row(text, 0, Optional.of(witness))));
        return all;
    }

    private static Map<String, Schedule> allowed(TestResult model) {
        Map<String, Schedule> allowed = new TreeMap<>();
        for (OutcomeCount outcome : model.exploration().outcomes()) {
            allowed.putIfAbsent(text(model.test(), outcome.outcome().values()), outcome.witness());
        }
        model.exploration().violations().stream()
                .filter(violation -> violation.kind() == Kind.DEADLOCK || violation.kind() == Kind.LIVELOCK)
                .forEach(violation -> allowed.putIfAbsent(DEADLOCK, violation.schedule()));
        return allowed;
    }

    /// {@return what it comes to}
    public Verdict verdict() {
        if (host.failure().isPresent()) {
            return Verdict.BROKEN;
        }
        if (rows.stream().allMatch(Row::isAllowed)) {
            return Verdict.WITHIN;
        }
        return complete ? Verdict.BROKEN : Verdict.UNKNOWN;
    }

    private static String text(LitmusTest test, List<Long> values) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            Observable observable = test.observables().get(i);
            long value = values.get(i);
            parts.add(observable.name() + " = " + (ProcessNumbers.holds(test.program(), observable) && value > 0 ? "pid" : observable.print(value)));
        }
        return parts.isEmpty() ? "ended" : String.join("; ", parts);
    }
}
