package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import java.util.SplittableRandom;

/// What strategies share that draw lots: each execution is drawn anew, so there is always a next one and never an end.
/// The same seed gives the same executions.
///
/// A strategy that prefers some tasks to others may keep back for ever the one that a loop waits for. Therefore a step
/// past the longest execution known is drawn evenly among the tasks that can run, as all steps of the first
/// execution are: that is fair, so that loops end that others can end. What is known of the longest is brought up to
/// date after executions 1, 2, 4, 8 and so on; else each execution that loops to that point and a bit further would
/// let the next one loop longer still.
abstract class Sampling implements Strategy {
    private final long seed;
    private final SplittableRandom random;
    private int longest;
    private int longestKnown;
    private long executions;

    Sampling(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public final long seed() {
        return seed;
    }

    /// {@return where the lots come from}
    final SplittableRandom random() {
        return random;
    }

    /// {@return the number of steps of the longest execution known; 0 before the end of the first}
    final int longestKnown() {
        return longestKnown;
    }

    /// {@return whether an execution was longer than the longest one known}
    final boolean isOutgrown() {
        return longest > longestKnown;
    }

    /// {@return one of the tasks in `enabled`, which is not empty, in the part of an execution that is this strategy's}
    abstract int draw(Machine machine, long enabled);

    /// Looks back at an execution that this strategy drew.
    void drew(Machine machine) {}

    /// Looks at an execution from which to tell what the next ones will be like: from time to time.
    void learn(Machine machine) {}

    @Override
    public void begin() {}

    @Override
    public final int next(Machine machine) {
        long enabled = TreeStrategy.enabled(machine);
        if (enabled == 0) {
            return NONE;
        }
        return machine.stepCount() < longestKnown ? draw(machine, enabled) : evenly(enabled);
    }

    /// {@return one of the tasks in `enabled`, all equally likely}
    final int evenly(long enabled) {
        long left = enabled;
        for (int skip = random.nextInt(Long.bitCount(enabled)); skip > 0; skip--) {
            left &= left - 1;
        }
        return Long.numberOfTrailingZeros(left);
    }

    /// {@return the task in `enabled` with the highest priority}
    static int highest(double[] priorities, long enabled) {
        int best = Long.numberOfTrailingZeros(enabled);
        for (long left = enabled; left != 0; left &= left - 1) {
            int task = Long.numberOfTrailingZeros(left);
            best = priorities[task] > priorities[best] ? task : best;
        }
        return best;
    }

    @Override
    public final int choose(Machine machine, int alternatives) {
        return random.nextInt(alternatives);
    }

    @Override
    public final boolean plan(Machine machine) {
        executions++;
        longest = Math.max(longest, machine.stepCount());
        if (executions > 1) {
            drew(machine);
        }
        if (Long.bitCount(executions) == 1) {
            longestKnown = longest;
            learn(machine);
        }
        return true;
    }

    @Override
    public final boolean wasRedundant() {
        return false;
    }

    @Override
    public final boolean isExhaustive() {
        return false;
    }

    @Override
    public final double fractionDone() {
        return 0;
    }
}
