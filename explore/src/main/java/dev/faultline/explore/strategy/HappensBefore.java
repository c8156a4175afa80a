package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;
import java.util.Arrays;

/// The happens-before order of one execution, by vector clocks in flat arrays, and its races: what has to be
/// tried instead is added to the decisions.
///
/// The clock of a step has for each task the number of the last step of that task that happens before it,
/// plus one; its own included.
final class HappensBefore {
    private int tasks;
    private int steps;
    private int[] clocks = new int[1024];
    private int[] decisionOfStep = new int[64];
    private int[] lastStepOfTask = new int[64];

    // The accesses to each object form a chain, latest first. An access is 2 * step, plus 1 for the second
    // object of a step, plus 1 so that 0 ends the chain.
    private int[] lastAccess = new int[64];
    private int[] previousAccess = new int[256];

    // Of the step in hand: what its task knew before it, what it knows by races, and what it knows after it.
    private final int[] before = new int[64];
    private final int[] byRaces = new int[64];
    private final int[] after = new int[64];
    private final Pending step = new Pending();

    /// The step in hand.
    private static final class Pending {
        int task;
        int object;
        int access;
        long mask;
        int object2;
        int access2;
        long mask2;
        boolean stateDependent;
        int cause;

        boolean dependsOn(Trace trace, int other) {
            return trace.touches(other, object, access, mask) || trace.touches(other, object2, access2, mask2);
        }
    }

    /// Orders the steps of the machine's execution and examines the races whose later step is `firstNew` or
    /// comes after it, or was still pending at the end.
    void examine(Machine machine, Decisions decisions, int firstNew) {
        Trace trace = machine.trace();
        prepare(machine, trace, decisions);
        for (int i = 0; i < steps; i++) {
            load(trace, i);
            walk(machine, trace, decisions, i, i >= firstNew);
            record(trace, i);
        }
        for (int t = 0; t < tasks; t++) {
            Task task = machine.task(t);
            if (!task.isDone() && task.objectIndex() >= 0) {
                load(task);
                walk(machine, trace, decisions, steps, true);
            }
        }
    }

    private void prepare(Machine machine, Trace trace, Decisions decisions) {
        tasks = machine.taskCount();
        steps = trace.length();
        clocks = atLeast(clocks, steps * tasks);
        decisionOfStep = atLeast(decisionOfStep, steps + 1);
        lastAccess = atLeast(lastAccess, machine.objectCount());
        previousAccess = atLeast(previousAccess, 2 * steps + 2);
        Arrays.fill(lastAccess, 0, machine.objectCount(), 0);
        Arrays.fill(lastStepOfTask, 0, tasks, -1);
        for (int d = 0; d < decisions.size(); d++) {
            if (decisions.alternatives(d) == 0 && decisions.step(d) <= steps) {
                decisionOfStep[decisions.step(d)] = d;
            }
        }
    }

    private static int[] atLeast(int[] array, int length) {
        return array.length >= length ? array : new int[Math.max(length, array.length * 2)];
    }

    private void load(Trace trace, int i) {
        step.task = trace.task(i);
        step.object = trace.object(i);
        step.access = trace.access(i);
        step.mask = trace.mask(i);
        step.object2 = trace.object2(i);
        step.access2 = trace.access2(i);
        step.mask2 = trace.mask2(i);
        step.stateDependent = trace.isStateDependent(i);
        step.cause = trace.cause(i);
    }

    private void load(Task task) {
        task.refreshPending();
        step.task = task.id();
        step.object = task.objectIndex();
        step.access = task.access().ordinal();
        step.mask = task.mask();
        step.object2 = task.objectIndex2();
        step.access2 = task.access2().ordinal();
        step.mask2 = task.mask2();
        step.stateDependent = task.isStateDependent();
        step.cause = -1;
    }

    /// Goes back through the accesses to the objects of the step in hand, from the latest on.
    private void walk(Machine machine, Trace trace, Decisions decisions, int position, boolean isNew) {
        startClock(machine, trace);
        int a = step.object >= 0 ? lastAccess[step.object] : 0;
        int b = step.object2 >= 0 ? lastAccess[step.object2] : 0;
        while (a != 0 || b != 0) {
            int access = Math.max(a, b);
            int earlier = access - 1 >> 1;
            boolean second = (access - 1 & 1) != 0;
            int kind = second ? trace.access2(earlier) : trace.access(earlier);
            long mask = second ? trace.mask2(earlier) : trace.mask(earlier);
            boolean dependent = false;
            boolean reversible = false;
            if (access == a) {
                dependent = (mask & step.mask) != 0 && Access.dependent(kind, step.access);
                reversible = dependent && Access.reversible(kind, step.access);
                a = previousAccess[access - 1];
            }
            if (access == b) {
                boolean too = (mask & step.mask2) != 0 && Access.dependent(kind, step.access2);
                dependent |= too;
                reversible |= too && Access.reversible(kind, step.access2);
                b = previousAccess[access - 1];
            }
            if (dependent && trace.task(earlier) != step.task) {
                follows(trace, decisions, earlier, position, reversible, isNew);
            }
        }
    }

    private void startClock(Machine machine, Trace trace) {
        int last = lastStepOfTask[step.task];
        if (last >= 0) {
            System.arraycopy(clocks, last * tasks, before, 0, tasks);
        } else {
            Arrays.fill(before, 0, tasks, 0);
            Task task = machine.task(step.task);
            int creation = task.createdAtStep() - 1;
            while (creation >= 0 && trace.task(creation) != task.parentId()) {
                creation--;
            }
            if (task.parentId() >= 0 && creation >= 0) {
                System.arraycopy(clocks, creation * tasks, before, 0, tasks);
            }
        }
        System.arraycopy(before, 0, byRaces, 0, tasks);
        System.arraycopy(before, 0, after, 0, tasks);
        if (step.cause >= 0) {
            join(after, step.cause); // a parked task goes on because of that step: an enabling edge, no race
        }
    }

    private void follows(Trace trace, Decisions decisions, int earlier, int position, boolean reversible,
            boolean isNew) {
        int other = trace.task(earlier);
        if (reversible && byRaces[other] <= earlier) {
            int d = decisionOfStep[earlier];
            if (isNew) {
                reverse(trace, decisions, earlier, position, d);
            }
            // Where the task was waiting, this step may have ended the wait. Then the race is with whoever made
            // it wait, further back, and must not be hidden by this one.
            if ((decisions.enabled(d) >> step.task & 1) != 0) {
                join(byRaces, earlier);
            }
        }
        if (after[other] <= earlier) {
            join(after, earlier);
        }
    }

    private void join(int[] clock, int earlier) {
        int base = earlier * tasks;
        for (int t = 0; t < tasks; t++) {
            clock[t] = Math.max(clock[t], clocks[base + t]);
        }
    }

    private void record(Trace trace, int i) {
        after[step.task] = i + 1;
        System.arraycopy(after, 0, clocks, i * tasks, tasks);
        lastStepOfTask[step.task] = i;
        if (trace.object(i) >= 0) {
            previousAccess[2 * i] = lastAccess[trace.object(i)];
            lastAccess[trace.object(i)] = 2 * i + 1;
        }
        if (trace.object2(i) >= 0) {
            previousAccess[2 * i + 1] = lastAccess[trace.object2(i)];
            lastAccess[trace.object2(i)] = 2 * i + 2;
        }
    }

    private boolean happensBefore(int earlier, int later, int taskOfEarlier) {
        return clocks[later * tasks + taskOfEarlier] > earlier;
    }

    /// Makes sure that an execution is tried in which the step in hand comes before step `earlier`: one of
    /// those that begin like the steps that do not depend on `earlier`, followed by the step in hand.
    private void reverse(Trace trace, Decisions decisions, int earlier, int position, int d) {
        long initials = initials(trace, earlier, position) & decisions.enabled(d);
        if (initials == 0 || (initials & decisions.wanted(d)) != 0) {
            return;
        }
        long mine = 1L << step.task;
        decisions.want(d, (initials & mine) != 0 ? mine : Long.lowestOneBit(initials));
    }

    /// {@return the tasks whose first step in that sequence happens after none of the others in it}
    private long initials(Trace trace, int earlier, int position) {
        int other = trace.task(earlier);
        long initials = 0;
        long seen = 0;
        for (int i = earlier + 1; i < position; i++) {
            long bit = 1L << trace.task(i);
            if (happensBefore(earlier, i, other) || (seen & bit) != 0) {
                continue;
            }
            seen |= bit;
            if (isFirst(trace, earlier, i)) {
                initials |= bit;
            }
        }
        long mine = 1L << step.task;
        return (seen & mine) == 0 && isStepFirst(trace, earlier, position) ? initials | mine : initials;
    }

    private boolean isFirst(Trace trace, int earlier, int i) {
        int other = trace.task(earlier);
        for (int k = earlier + 1; k < i; k++) {
            if (!happensBefore(earlier, k, other) && happensBefore(k, i, trace.task(k))) {
                return false;
            }
        }
        return true;
    }

    /// Whether the step in hand could come first of all. Where `earlier` may have changed what the step
    /// touches, what it would touch without `earlier` is not known, so it only counts if it is alone: claiming
    /// too few initials costs time, claiming one too many would lose executions.
    private boolean isStepFirst(Trace trace, int earlier, int position) {
        int other = trace.task(earlier);
        boolean unknown = step.stateDependent
                && (trace.object(earlier) == step.object || trace.object2(earlier) == step.object);
        for (int k = earlier + 1; k < position; k++) {
            if (!happensBefore(earlier, k, other)
                    && (unknown || before[trace.task(k)] > k || step.dependsOn(trace, k))) {
                return false;
            }
        }
        return true;
    }
}
