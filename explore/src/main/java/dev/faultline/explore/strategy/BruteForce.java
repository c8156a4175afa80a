package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;

/// Every interleaving, depth first, without any reduction: the truth that other strategies are held against.
public final class BruteForce extends TreeStrategy {
    /// A strategy at the start of the tree.
    public BruteForce() {}

    @Override
    public String name() {
        return "brute-force";
    }

    @Override
    int decide(Machine machine, long enabled) {
        int task = preferCurrent(machine, enabled);
        decisions().pushTask(task, machine.stepCount(), enabled, 0, enabled);
        return task;
    }

    @Override
    public boolean plan(Machine machine) {
        return decisions().advance();
    }
}
