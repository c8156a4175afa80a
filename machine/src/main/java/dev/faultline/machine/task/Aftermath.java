package dev.faultline.machine.task;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// What other tasks do after the finding that ended an execution. Some of it cannot have happened, as it needs the
/// step that led to the finding; the rest could just as well have come before it.
final class Aftermath {
    private final Machine machine;
    private final Ending ending;
    private final int steps;
    private final int choices;
    private final BitSet halted = new BitSet();
    private final List<Finding> findings = new ArrayList<>();
    private final List<Trace> ways = new ArrayList<>();

    Aftermath(Machine machine, Ending ending) {
        this.machine = machine;
        this.ending = ending;
        this.steps = machine.stepCount();
        this.choices = machine.trace().choices();
        halted();
    }

    /// {@return how the execution ended}
    Ending ending() {
        return ending;
    }

    /// The last step led to a finding.
    void halted() {
        if (machine.stepCount() > 0) {
            halted.set(machine.stepCount() - 1);
        }
    }

    /// Notes what was found after the last step.
    ///
    /// @return whether it could have come first
    boolean found(Finding finding) {
        Optional<Trace> way = wayToLastStep();
        way.ifPresent(trace -> {
            findings.add(finding);
            ways.add(trace);
        });
        return way.isPresent();
    }

    /// {@return an execution in which that is what is found first, if it was found in the aftermath}
    Optional<Trace> wayTo(Finding finding) {
        int at = findings.indexOf(finding);
        return at < 0 ? Optional.empty() : Optional.of(ways.get(at));
    }

    /// Forgets the steps of the aftermath.
    void drop(Trace trace) {
        trace.truncate(steps, choices);
    }

    /// {@return the steps so far without those that come after a finding, if the last one is not one of these}
    private Optional<Trace> wayToLastStep() {
        Trace trace = machine.trace();
        BitSet after = new BitSet();
        for (int i = 0; i < trace.length(); i++) {
            if (halted.get(i) || follows(trace, after, i)) {
                after.set(i);
            }
        }
        return after.get(trace.length() - 1) ? Optional.empty() : Optional.of(trace.without(after));
    }

    private boolean follows(Trace trace, BitSet after, int step) {
        Task task = machine.task(trace.task(step));
        int made = task.createdAtStep() - 1;
        boolean child = made >= 0 && trace.task(made) == task.parentId() && after.get(made);
        boolean follows = child || trace.cause(step) >= 0 && after.get(trace.cause(step));
        for (int i = after.nextSetBit(0); i >= 0 && i < step && !follows; i = after.nextSetBit(i + 1)) {
            follows = trace.task(i) == trace.task(step) || trace.areDependent(i, step);
        }
        return follows;
    }
}
