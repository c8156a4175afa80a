package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;

/// What strategies share that go through all executions with few switches between tasks, and every alternative of
/// the environment: depth first, without any reduction. Which switches count is theirs to say.
///
/// There is no reduction as a bound and sleep sets do not go together: of equivalent executions the one that is kept
/// may need more switches than the one that is left out (K. E. Coons, M. Musuvathi, K. S. McKinley, "Bounded Partial-
/// Order Reduction", OOPSLA 2013).
abstract class BoundedTree extends TreeStrategy {
    private int counted;
    private int last = -1;
    private int spent;

    /// {@return the most switches that count}
    abstract int bound();

    /// {@return whether it counts to take a step of another task than `last` where the tasks in `enabled` can run}
    abstract boolean counts(int last, long enabled);

    /// Some tasks are not tried here, as the bound forbids it.
    abstract void cut();

    /// {@return whether the execution is given up before this step}
    boolean isTooLong(int step) {
        return false;
    }

    /// What others would do after a finding is seen in executions where they do it before.
    @Override
    public final boolean goesOnAfterFinding() {
        return false;
    }

    @Override
    final int decide(Machine machine, long enabled) {
        int used = spent();
        boolean free = last < 0 || used < bound() || !counts(last, enabled);
        long candidates = free ? enabled : enabled & 1L << last;
        if (candidates != enabled) {
            cut();
        }
        if (candidates == 0 || isTooLong(machine.stepCount())) {
            return ABANDON;
        }
        int task = preferCurrent(machine, candidates);
        decisions().pushTask(task, machine.stepCount(), enabled, 0, candidates);
        return task;
    }

    /// {@return the switches that count among the decisions so far}
    final int spent() {
        Decisions decisions = decisions();
        for (; counted < decisions.size(); counted++) {
            if (decisions.alternatives(counted) == 0) {
                int task = decisions.chosen(counted);
                boolean switches = last >= 0 && task != last;
                spent += switches && counts(last, decisions.enabled(counted)) ? 1 : 0;
                last = task;
            }
        }
        return spent;
    }

    /// Goes to the next execution within the bound.
    ///
    /// @return whether there is one
    final boolean advance() {
        counted = 0;
        last = -1;
        spent = 0;
        return decisions().advance();
    }
}
