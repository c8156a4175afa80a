package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;

/// Dynamic partial-order reduction with source sets and sleep sets: P. Abdulla, S. Aronis, B. Jonsson,
/// K. Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction", JACM 2017,
/// algorithm 1. It sees each trace once, but also begins executions that turn out to repeat others and are given up.
/// [Dpor] does not; this one is simpler, and what that one is held against.
///
/// Departures from the paper, each on the safe side:
///
/// - Races are looked for after the execution, not at each step; only those whose later step is new.
/// - Steps may be disabled. A task that waits at the end takes part with its pending step, so that orders in
///   which it would not have waited are found from a deadlock too. A lock's release is ordered before the
///   acquisition that it permits, and is no race; the race is between the two acquisitions, as long as the
///   earlier one is not known to the later task by other ways.
/// - Of the initials of a reversed race only those enabled at its place count. If none is, the later step was
///   waiting there for the earlier one to permit it, so there is no other order.
/// - A choice of the environment is a branching of the tree that races with nothing; what sleeps, sleeps on
///   through it.
/// - A parked task (at a retry point) is disabled; going on is a step that touches nothing, so nothing ever
///   races with it, and going on later than it could is equivalent to going on at once.
public final class SourceDpor extends TreeStrategy {
    private final HappensBefore order = new HappensBefore(this::reverse);
    private int firstNewStep;

    /// A strategy at the start of the tree.
    public SourceDpor() {}

    @Override
    public String name() {
        return "source-dpor";
    }

    @Override
    int decide(Machine machine, long enabled) {
        long sleeping = inherited(decisions(), machine);
        long candidates = enabled & ~sleeping;
        if (candidates == 0) {
            return ABANDON;
        }
        int task = preferCurrent(machine, candidates);
        decisions().pushTask(task, machine.stepCount(), enabled, sleeping, 1L << task);
        return task;
    }

    /// {@return the sleep set of the place behind the last step: who slept before it or was tried instead of
    /// it, unless the step disturbs what that task is about to do}
    static long inherited(Decisions decisions, Machine machine) {
        int d = decisions.lastTask();
        if (d < 0) {
            return 0;
        }
        long sleeping = (decisions.sleeping(d) | decisions.tried(d)) & ~(1L << decisions.chosen(d));
        long undisturbed = 0;
        int last = machine.trace().length() - 1;
        for (long left = sleeping; left != 0; left &= left - 1) {
            int task = Long.numberOfTrailingZeros(left);
            machine.task(task).refreshPending();
            if (!dependent(machine.task(task), machine.trace(), last)) {
                undisturbed |= 1L << task;
            }
        }
        return undisturbed;
    }

    private static boolean dependent(Task task, Trace trace, int step) {
        return trace.touches(step, task.objectIndex(), task.access().ordinal(), task.mask())
                || trace.touches(step, task.objectIndex2(), task.access2().ordinal(), task.mask2());
    }

    @Override
    public boolean plan(Machine machine) {
        order.examine(machine, decisions(), firstNewStep);
        boolean more = decisions().advance();
        firstNewStep = more ? decisions().step(decisions().size() - 1) : 0;
        return more;
    }

    /// Makes sure that an execution is tried in which the later step of the race comes before the earlier one: one
    /// of those that begin like the steps that do not depend on the earlier one, followed by the later step.
    private boolean reverse(HappensBefore race, int d) {
        long initials = race.initials() & decisions().enabled(d);
        if (initials == 0 || (initials & decisions().wanted(d)) != 0) {
            return true;
        }
        long mine = 1L << race.laterTask();
        decisions().want(d, (initials & mine) != 0 ? mine : Long.lowestOneBit(initials));
        return true;
    }
}
