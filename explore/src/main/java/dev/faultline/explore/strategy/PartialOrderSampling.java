package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;

/// Each step draws a priority when it is announced, and again when a step is taken that it races with; the highest
/// runs. X. Yuan, J. Yang, R. Gu, "Partial Order Aware Concurrency Sampling", CAV 2018, the algorithm POS. Steps that
/// race with nothing then do not make some orders of those that do more likely than others, as they do in a walk
/// that chooses evenly at each step.
///
/// Departures from the paper:
///
/// - What a step touches besides its first object may depend on the state, so races are looked at with the step as
///   it was taken and the others as they stand after it.
/// - Past the longest execution known every task that can run is equally likely; see [Sampling].
public final class PartialOrderSampling extends Sampling {
    private final double[] priorities = new double[Long.SIZE];
    private int known;
    private int looked;
    private long enabledBefore;

    /// A sampling with that seed.
    public PartialOrderSampling(long seed) {
        super(seed);
    }

    @Override
    public String name() {
        return "pos";
    }

    @Override
    public void begin() {
        known = 0;
        looked = 0;
        enabledBefore = 0;
    }

    @Override
    int draw(Machine machine, long enabled) {
        for (; known < machine.taskCount(); known++) {
            priorities[known] = random().nextDouble();
        }
        if (machine.stepCount() > looked) {
            redraw(machine, machine.stepCount() - 1);
        }
        looked = machine.stepCount();
        enabledBefore = enabled;
        return highest(priorities, enabled);
    }

    private void redraw(Machine machine, int step) {
        Trace trace = machine.trace();
        priorities[trace.task(step)] = random().nextDouble();
        for (long left = enabledBefore & ~(1L << trace.task(step)); left != 0; left &= left - 1) {
            int other = Long.numberOfTrailingZeros(left);
            machine.task(other).refreshPending();
            if (race(machine.task(other), trace, step)) {
                priorities[other] = random().nextDouble();
            }
        }
    }

    private static boolean race(Task task, Trace trace, int step) {
        return trace.touches(step, task.objectIndex(), task.access().ordinal(), task.mask())
                || trace.touches(step, task.objectIndex2(), task.access2().ordinal(), task.mask2());
    }
}
