package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import java.util.Optional;

/// Every execution without a preemption, then every one with one, with two, and so on: M. Musuvathi, S. Qadeer,
/// "Iterative Context Bounding for Systematic Testing of Multithreaded Programs", PLDI 2007. A preemption is a switch
/// away from a task that could have run on. Covers everything when a bound forbids nothing any more.
///
/// Departures from the paper:
///
/// - It keeps the places where a bound forbade a switch and goes on from them; here each bound starts from the root
///   again, and executions of earlier bounds are given up as repetitions. That needs no memory, and as each
///   bound has many times the executions of the one before, little time.
/// - A task that is kept back at a retry point cannot run on, so leaving it is no preemption (their rule for a task
///   that yields: "Fair Stateless Model Checking", PLDI 2008). It is kept back only where the execution was before in
///   the same state, and from there what follows takes no more preemptions.
/// - A choice of the environment is not counted; each alternative is tried.
public final class PreemptionBound extends BoundedTree {
    private final int most;
    private final long stepBound;
    private int bound;
    private boolean cutSome;
    private boolean repeated;
    private boolean withinSteps = true;
    private long schedules;
    private int covered = -1;
    private long schedulesCovered;

    /// @param most      the bound after which it ends though there is more
    /// @param stepBound the number of steps at which executions are cut off
    public PreemptionBound(int most, long stepBound) {
        this.most = most;
        this.stepBound = stepBound;
    }

    @Override
    public String name() {
        return "pb";
    }

    @Override
    int bound() {
        return bound;
    }

    @Override
    boolean counts(int last, long enabled) {
        return (enabled >> last & 1) != 0;
    }

    @Override
    void cut() {
        cutSome = true;
    }

    @Override
    public boolean wasRedundant() {
        return repeated;
    }

    @Override
    public boolean isExhaustive() {
        return !cutSome;
    }

    /// The number of executions of the bounds to come is not known.
    @Override
    public double fractionDone() {
        return 0;
    }

    @Override
    public boolean plan(Machine machine) {
        repeated = spent() < bound;
        schedules += repeated ? 0 : 1;
        withinSteps &= machine.stepCount() < stepBound;
        return advance() || nextBound();
    }

    private boolean nextBound() {
        covered = bound;
        schedulesCovered = schedules;
        if (!cutSome || bound == most) {
            return false;
        }
        bound++;
        cutSome = false;
        return true;
    }

    @Override
    public Optional<String> claim(boolean violated) {
        if (covered < 0 || !withinSteps) {
            return Optional.empty();
        }
        String which = "with at most " + covered + (covered == 1 ? " preemption" : " preemptions");
        String all = schedulesCovered == 1 ? "the only schedule was run" : "all " + schedulesCovered + " schedules were run";
        return Optional.of((violated ? "" : "no violation ") + which + ": " + all);
    }
}
