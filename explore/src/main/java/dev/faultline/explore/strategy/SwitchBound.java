package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Trace;

/// Every execution with at most so many switches between tasks, whether forced or not, and every alternative of
/// the environment: depth first, without any reduction. For short counter-examples.
///
/// After M. Musuvathi, S. Qadeer, "Iterative Context Bounding for Systematic Testing of Multithreaded Programs",
/// PLDI 2007, which counts only switches away from a task that could run on; here all count, as they do for whoever
/// reads the schedule.
public final class SwitchBound extends TreeStrategy {
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
    public boolean goesOnAfterFinding() {
        return false;
    }

    @Override
    int decide(Machine machine, long enabled) {
        Trace trace = machine.trace();
        int step = machine.stepCount();
        boolean mayChoose = step == 0 || used(trace) < switches;
        long candidates = mayChoose ? enabled : enabled & 1L << trace.task(step - 1);
        if (step >= steps || candidates == 0) {
            return ABANDON;
        }
        int task = preferCurrent(machine, candidates);
        decisions().pushTask(task, step, enabled, 0, candidates);
        return task;
    }

    private static int used(Trace trace) {
        int used = 0;
        for (int i = 1; i < trace.length(); i++) {
            used += trace.task(i) == trace.task(i - 1) ? 0 : 1;
        }
        return used;
    }

    @Override
    public boolean plan(Machine machine) {
        return decisions().advance();
    }
}
