package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import java.util.SplittableRandom;

/// At each step any enabled task, all equally likely. Never done; the same seed gives the same executions.
public final class RandomWalk implements Strategy {
    private final long seed;
    private final SplittableRandom random;

    /// A walk with that seed.
    public RandomWalk(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public void begin() {}

    @Override
    public int next(Machine machine) {
        int enabled = 0;
        for (int i = 0; i < machine.taskCount(); i++) {
            enabled += machine.task(i).isEnabled() ? 1 : 0;
        }
        int pick = enabled == 0 ? -1 : random.nextInt(enabled);
        for (int i = 0; i < machine.taskCount(); i++) {
            if (machine.task(i).isEnabled() && pick-- == 0) {
                return i;
            }
        }
        return NONE;
    }

    @Override
    public int choose(Machine machine, int alternatives) {
        return random.nextInt(alternatives);
    }

    @Override
    public boolean plan(Machine machine) {
        return true;
    }

    @Override
    public boolean wasRedundant() {
        return false;
    }

    @Override
    public boolean isExhaustive() {
        return false;
    }

    @Override
    public double fractionDone() {
        return 0;
    }
}
