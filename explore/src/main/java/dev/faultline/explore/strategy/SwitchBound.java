package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;

/// Every execution with at most so many switches between tasks, whether forced or not, and every alternative of
/// the environment: depth first, without any reduction. For short counter-examples.
///
/// After M. Musuvathi, S. Qadeer, "Iterative Context Bounding for Systematic Testing of Multithreaded Programs",
/// PLDI 2007, which counts only switches away from a task that could run on ([PreemptionBound]); here all count, as
/// they do for whoever reads the schedule.
public final class SwitchBound extends BoundedTree {
    private final int switches;
    private final int steps;

    /// @param switches the most switches
    /// @param steps    the most steps; longer executions are given up
    public SwitchBound(int switches, int steps) {
        this.switches = switches;
        this.steps = steps;
    }

    @Override
    public String name() {
        return "switch-bound";
    }

    @Override
    public boolean isExhaustive() {
        return false;
    }

    @Override
    int bound() {
        return switches;
    }

    @Override
    boolean counts(int last, long enabled) {
        return true;
    }

    @Override
    void cut() {}

    @Override
    boolean isTooLong(int step) {
        return step >= steps;
    }

    @Override
    public boolean plan(Machine machine) {
        return advance();
    }
}
