package dev.faultline.explore;

import dev.faultline.explore.verdict.Judge;
import dev.faultline.explore.verdict.LockOrders;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What executions came to so far.
final class Tally {
    private final Map<Outcome, OutcomeCount> outcomes = new LinkedHashMap<>();
    private final Map<Finding, Violation> violations = new LinkedHashMap<>();
    private final LockOrders lockOrders = new LockOrders();
    private long executions;
    private long blocked;
    private long steps;
    private boolean withinBound = true;

    /// Counts an execution whose explored part has ended, and runs its end part.
    void add(Execution execution, boolean redundant, long stepBound) {
        steps += execution.machine().stepCount();
        withinBound &= execution.machine().stepCount() < stepBound;
        execution.machine().dropAftermath();
        if (redundant) {
            blocked++;
        } else {
            executions++;
            judge(execution);
        }
    }

    private void judge(Execution execution) {
        List<Finding> ended = Judge.ending(execution);
        execution.finish();
        execution.outcome().ifPresent(outcome -> count(outcome, execution));
        for (Finding finding : Judge.all(ended, execution)) {
            add(finding, Schedule.of(execution.machine().traceTo(finding)));
        }
    }

    private void count(Outcome outcome, Execution execution) {
        OutcomeCount known = outcomes.get(outcome);
        outcomes.put(outcome, known == null
                ? new OutcomeCount(outcome, 1, Schedule.of(execution.machine().trace()))
                : new OutcomeCount(outcome, known.executions() + 1, known.witness()));
    }

    private void add(Finding finding, Schedule schedule) {
        Violation known = violations.get(finding);
        if (known == null || Minimiser.isShorter(schedule, known.schedule())) {
            violations.put(finding, new Violation(finding.kind(), finding.summary(), schedule));
        }
    }

    /// Adds what another explorer of the same tree has come to.
    void add(Tally other) {
        executions += other.executions;
        blocked += other.blocked;
        steps += other.steps;
        withinBound &= other.withinBound;
        lockOrders.add(other.lockOrders);
        other.outcomes.values().forEach(this::add);
        other.violations.forEach((finding, violation) -> add(finding, violation.schedule()));
    }

    void add(OutcomeCount seen) {
        outcomes.merge(seen.outcome(), seen, (one, two) -> new OutcomeCount(one.outcome(),
                one.executions() + two.executions(),
                Minimiser.isShorter(two.witness(), one.witness()) ? two.witness() : one.witness()));
    }

    void add(Violation violation) {
        add(new Finding(violation.kind(), violation.summary()), violation.schedule());
    }

    void addCounts(long moreExecutions, long moreBlocked, long moreSteps, boolean areWithinBound) {
        executions += moreExecutions;
        blocked += moreBlocked;
        steps += moreSteps;
        withinBound &= areWithinBound;
    }

    /// {@return in which orders locks were taken; to watch executions with}
    LockOrders lockOrders() {
        return lockOrders;
    }

    long executions() {
        return executions;
    }

    long blocked() {
        return blocked;
    }

    long steps() {
        return steps;
    }

    boolean isWithinBound() {
        return withinBound;
    }

    boolean isViolated() {
        return !violations.isEmpty();
    }

    /// Puts outcomes and violations into an order that does not depend on which was seen first.
    Tally sorted() {
        List<OutcomeCount> seen = new ArrayList<>(outcomes.values());
        seen.sort((one, two) -> compare(one.outcome().values(), two.outcome().values()));
        List<Violation> found = new ArrayList<>(violations.values());
        found.sort(Comparator.comparing(Violation::kind).thenComparing(Violation::summary));
        outcomes.clear();
        violations.clear();
        seen.forEach(this::add);
        found.forEach(this::add);
        return this;
    }

    private static int compare(List<Long> one, List<Long> two) {
        for (int i = 0; i < Math.min(one.size(), two.size()); i++) {
            int order = Long.compare(one.get(i), two.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(one.size(), two.size());
    }

    List<OutcomeCount> outcomes() {
        return List.copyOf(outcomes.values());
    }

    List<Violation> violations() {
        return List.copyOf(violations.values());
    }
}
