package dev.faultline.explore.strategy;

import dev.faultline.explore.strategy.Wakeup.Touch;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;
import java.util.Arrays;

/// The happens-before order of one execution, by vector clocks in flat arrays, and its races. Each race
/// is handed to a [Reversal], which looks at it through this class.
///
/// The clock of a step has for each task the number of the last step of that task that happens before it, plus one;
/// its own included. Clocks of the steps that the last execution began with too are kept (bench: ExplorerBench).
final class HappensBefore {
    /// What becomes of a race.
    interface Reversal {
        /// Plans an execution in which the later step of the race in hand comes before the earlier one.
        ///
        /// @param d the decision for the earlier step
        /// @return whether there may be one
        boolean reverse(HappensBefore race, int d);
    }

    private final Reversal reversal;
    private Machine machine;
    private Trace trace;
    private Decisions decisions;

    private int tasks;
    private int steps;
    private int known;
    private int[] clocks = new int[1024];
    private int[] decisionOfStep = new int[64];
    private final TraceIndex index = new TraceIndex();

    // Of the step in hand: what its task knew before it, what it knows by races, and what it knows after it.
    private final int[] before = new int[64];
    private final int[] byRaces = new int[64];
    private final int[] after = new int[64];
    private final Pending step = new Pending();
    // How often each task gives up the lock in hand, of those holds that are not yet met going back.
    private final int[] released = new int[64];
    private int earlier;
    private int position;

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
        boolean guarded;
        int cause;
        int previous;
        int accessBefore;
        int accessBefore2;

        boolean dependsOn(Trace trace, int other) {
            return trace.touches(other, object, access, mask) || trace.touches(other, object2, access2, mask2);
        }

        boolean touches(int anObject, int anAccess, long aMask) {
            return anObject == object && (aMask & mask) != 0 && Access.dependent(anAccess, access)
                    || anObject == object2 && (aMask & mask2) != 0 && Access.dependent(anAccess, access2);
        }
    }

    HappensBefore(Reversal reversal) {
        this.reversal = reversal;
        this.machine = new Machine(0, null);
        this.trace = machine.trace();
        this.decisions = new Decisions();
    }

    /// Orders the steps of the machine's execution and examines its races, those with a step that was still pending at the
    /// end too. The steps before `firstNew` are those of the execution examined last.
    void examine(Machine execution, Decisions path, int firstNew) {
        machine = execution;
        trace = execution.trace();
        decisions = path;
        prepare(firstNew);
        for (int i = 0; i < steps; i++) {
            index.add(i);
            if (i >= known) {
                load(i);
                walk(i, false);
                System.arraycopy(after, 0, clocks, i * tasks, tasks);
            }
        }
        for (int i = 0; i < steps; i++) {
            load(i);
            walk(i, true);
        }
        for (int t = 0; t < tasks; t++) {
            Task task = machine.task(t);
            if (!task.isDone() && task.objectIndex() >= 0) {
                load(task);
                walk(steps, true);
            }
        }
    }

    /// Keeps no clocks: the next execution need not begin like the last one.
    void forget() {
        tasks = -1;
    }

    private void prepare(int firstNew) {
        known = tasks == machine.taskCount() ? firstNew : 0;
        tasks = machine.taskCount();
        steps = trace.length();
        if (clocks.length < steps * tasks) {
            clocks = Arrays.copyOf(clocks, steps * tasks * 2);
        }
        decisionOfStep = TraceIndex.atLeast(decisionOfStep, steps + 1);
        index.start(machine);
        for (int d = 0; d < decisions.size(); d++) {
            if (decisions.alternatives(d) == 0 && decisions.step(d) <= steps) {
                decisionOfStep[decisions.step(d)] = d;
            }
        }
    }

    private void load(int i) {
        step.task = trace.task(i);
        step.object = trace.object(i);
        step.access = trace.access(i);
        step.mask = trace.mask(i);
        step.object2 = trace.object2(i);
        step.access2 = trace.access2(i);
        step.mask2 = trace.mask2(i);
        step.stateDependent = trace.isStateDependent(i);
        step.guarded = trace.isGuarded(i);
        step.cause = trace.cause(i);
        step.previous = index.step(step.task, index.rank(i) - 1);
        step.accessBefore = index.beforeFirst(i);
        step.accessBefore2 = index.beforeSecond(i);
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
        step.guarded = task.isGuarded();
        step.cause = -1;
        step.previous = index.step(step.task, index.count(step.task) - 1);
        step.accessBefore = index.lastAccess(step.object);
        step.accessBefore2 = index.lastAccess(step.object2);
    }

    /// Goes back through the accesses to the objects of the step in hand, from the latest on: for its clock, or for
    /// its races.
    private void walk(int at, boolean forRaces) {
        position = at;
        startClock();
        int a = step.accessBefore;
        int b = step.accessBefore2;
        while (a != 0 || b != 0) {
            int access = Math.max(a, b);
            int other = TraceIndex.step(access);
            boolean second = TraceIndex.isSecond(access);
            int kind = second ? trace.access2(other) : trace.access(other);
            long mask = second ? trace.mask2(other) : trace.mask(other);
            int next = trace.task(other) == step.task ? index.beforeOfOthers(access) : index.before(access);
            boolean dependent = false;
            boolean reversible = false;
            boolean certain = true;
            if (access == a) {
                dependent = (mask & step.mask) != 0 && Access.dependent(kind, step.access);
                reversible = dependent && Access.reversible(kind, step.access);
                certain = !step.guarded && Access.certain(kind, step.access);
                a = next;
            }
            if (access == b) {
                boolean too = (mask & step.mask2) != 0 && Access.dependent(kind, step.access2);
                dependent |= too;
                reversible |= too && Access.reversible(kind, step.access2);
                b = next;
            }
            if (dependent && trace.task(other) != step.task) {
                follows(other, reversible, certain, forRaces);
            }
        }
    }

    private void startClock() {
        int last = step.previous;
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
        after[step.task] = position + 1;
    }

    private void follows(int other, boolean reversible, boolean certain, boolean forRaces) {
        int task = trace.task(other);
        if (forRaces && reversible && byRaces[task] <= other) {
            earlier = other;
            boolean possible = reversal.reverse(this, decisionOfStep[other]);
            // A race further back is hidden by this one if the step in hand can come before it: then it is found
            // in the execution in which it does. A step that waits may be unable to, as what it waits for comes
            // later; then the race is with whoever made it wait, and only that one shows it.
            if (possible && (certain || isEnabledBefore(other))) {
                join(byRaces, other);
            }
        }
        if (after[task] <= other) {
            join(after, other);
        }
    }

    /// {@return whether the step in hand was pending already when `other` was taken, and could have been taken instead}
    private boolean isEnabledBefore(int other) {
        return isPendingBefore(other) && (decisions.enabled(decisionOfStep[other]) >> step.task & 1) != 0;
    }

    private boolean isPendingBefore(int other) {
        return step.previous < other && machine.task(step.task).createdAtStep() <= other;
    }

    private void join(int[] clock, int other) {
        int base = other * tasks;
        for (int t = 0; t < tasks; t++) {
            clock[t] = Math.max(clock[t], clocks[base + t]);
        }
    }

    // ---- the race in hand ----

    /// {@return the machine whose execution has the race}
    Machine machine() {
        return machine;
    }

    TraceIndex index() {
        return index;
    }

    int taskCount() {
        return tasks;
    }

    /// {@return the earlier step of the race}
    int earlier() {
        return earlier;
    }

    /// {@return where the later step is, or the number of steps if it is still pending}
    int later() {
        return position;
    }

    /// {@return the task of the later step}
    int laterTask() {
        return step.task;
    }

    /// {@return whether step `i`, which comes after the earlier one, happens after it}
    boolean isAfterEarlier(int i) {
        return happensBefore(earlier, i);
    }

    boolean happensBefore(int one, int other) {
        return clocks[other * tasks + trace.task(one)] > one;
    }

    /// {@return the rank of the first step of the task, from that rank on, that happens after step `one`, or their number}
    int rankBehind(int one, int task, int fromRank) {
        int from = fromRank;
        int to = index.count(task);
        while (from < to) {
            int middle = from + to >>> 1;
            if (happensBefore(one, index.step(task, middle))) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        return from;
    }

    /// {@return whether the later step does not commute with one of those}
    boolean isLaterTouchedBy(Reordered others) {
        return isLaterTouchedBy(others, step.accessBefore) || isLaterTouchedBy(others, step.accessBefore2);
    }

    private boolean isLaterTouchedBy(Reordered others, int latest) {
        for (int access = latest; TraceIndex.step(access) > earlier; access = index.before(access)) {
            int other = TraceIndex.step(access);
            if (others.has(other) && step.dependsOn(trace, other)) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether the later step does not commute with such an access}
    boolean laterTouches(int object, int access, long mask) {
        return step.touches(object, access, mask);
    }

    /// {@return what the later step touches first}
    Touch laterTouch(Touches touches) {
        return touches.of(machine, step.object, step.access, step.mask);
    }

    /// {@return what the later step touches besides}
    Touch laterTouch2(Touches touches) {
        return touches.of(machine, step.object2, step.access2, step.mask2);
    }

    /// {@return whether what the later step would touch if it came before the earlier one is not known, as the
    /// earlier one may have changed that}
    boolean isLaterUnknown() {
        return step.stateDependent
                && (trace.object(earlier) == step.object || trace.object2(earlier) == step.object);
    }

    /// {@return whether the later step waits for something, was pending when the earlier one was taken, and could
    /// not have been taken instead}
    boolean isLaterDisabled() {
        return isPendingBefore(earlier) && !isEnabledBefore(earlier);
    }

    /// Nothing keeps the later step waiting.
    static final int FREE = -1;

    /// What the later step waits for, if for anything, is not known.
    static final int UNKNOWN = -2;

    /// {@return the step that keeps the later one out of the lock that it takes, if only the steps before the earlier
    /// one of the race and those among `others` run; [#FREE] if there is none; [#UNKNOWN]}
    int lockingOutLater(Reordered others) {
        if (!Access.waits(step.access)) {
            return step.guarded ? UNKNOWN : FREE;
        }
        if (step.guarded || step.stateDependent || step.access == Access.AWAIT.ordinal()) {
            return UNKNOWN;
        }
        boolean together = step.access == Access.ACQUIRE_SHARED.ordinal();
        Arrays.fill(released, 0, tasks, 0);
        for (int access = index.lastAccess(step.object); access != 0; access = index.before(access)) {
            int other = TraceIndex.step(access);
            if (other >= earlier && !others.has(other)) {
                continue;
            }
            if (TraceIndex.isSecond(access) || trace.isGuarded(other) || trace.isStateDependent(other)) {
                return UNKNOWN;
            }
            int task = trace.task(other);
            Access kind = Access.of(trace.access(other));
            if (kind == Access.QUEUE && together || trace.isTakingAlone(other)) {
                return other;
            } else if (trace.isTaking(other) && released[task] == 0) {
                return together ? FREE : other;
            } else if (kind == Access.RELEASE) {
                return FREE; // also if it is only turned into a shared hold, which was given up by then
            } else if (trace.isTaking(other)) {
                released[task]--;
            } else if (kind == Access.RELEASE_SHARED) {
                released[task]++;
            } else if (kind == Access.WRITE || kind == Access.ADD) {
                return UNKNOWN;
            }
        }
        return trace.isTaking(earlier) && trace.object(earlier) == step.object ? FREE : UNKNOWN;
    }

    /// {@return whether step `i` happens before the later step in any case: not just because both touch something}
    boolean isKnownToLater(int i) {
        return before[trace.task(i)] > i;
    }

    /// {@return the tasks whose first step in this sequence happens after none of the others in it: the steps that
    /// do not happen after the earlier one, and then the later one}
    long initials() {
        long initials = 0;
        long seen = 0;
        for (int i = earlier + 1; i < position; i++) {
            long bit = 1L << trace.task(i);
            if (isAfterEarlier(i) || (seen & bit) != 0) {
                continue;
            }
            seen |= bit;
            if (isFirst(i)) {
                initials |= bit;
            }
        }
        long mine = 1L << step.task;
        return (seen & mine) == 0 && isLaterFirst() ? initials | mine : initials;
    }

    private boolean isFirst(int i) {
        for (int k = earlier + 1; k < i; k++) {
            if (!isAfterEarlier(k) && happensBefore(k, i)) {
                return false;
            }
        }
        return true;
    }

    /// Whether the later step could come first of all. If what it would touch is not known it only counts if it is
    /// alone: claiming too few initials costs time, claiming one too many would lose executions.
    private boolean isLaterFirst() {
        boolean unknown = isLaterUnknown();
        for (int k = earlier + 1; k < position; k++) {
            if (!isAfterEarlier(k) && (unknown || isKnownToLater(k) || step.dependsOn(trace, k))) {
                return false;
            }
        }
        return true;
    }
}
