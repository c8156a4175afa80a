package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;

/// At each step any enabled task, all equally likely. The baseline: what draws its lots more cleverly has to find
/// more than this.
public final class RandomWalk extends Sampling {
    /// A walk with that seed.
    public RandomWalk(long seed) {
        super(seed);
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    int draw(Machine machine, long enabled) {
        return evenly(enabled);
    }
}
