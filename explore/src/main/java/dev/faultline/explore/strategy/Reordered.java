package dev.faultline.explore.strategy;

import dev.faultline.explore.strategy.Wakeup.Touch;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Trace;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What has to run so that a race comes out the other way round: the steps between the two of the race that do not
/// happen after the earlier one, in their order, and then the later one. Steps are taken out of it as a walk down a
/// wakeup tree meets them.
final class Reordered {
    private static final int[] NONE = {};

    private final HappensBefore race;
    private final TraceIndex index;
    private final Touches touches = new Touches();
    private Machine machine;
    private Trace trace;
    // Of each task the steps from one rank up to another: what happens after a step that is left out is left out too.
    private final int[] from = new int[64];
    private final int[] to = new int[64];
    private int tasks;
    private boolean withLater;
    private boolean laterMayWait;

    Reordered(HappensBefore race) {
        this.race = race;
        this.index = race.index();
        this.machine = race.machine();
        this.trace = machine.trace();
    }

    /// Starts with all of them, for the race in hand.
    void start() {
        machine = race.machine();
        trace = machine.trace();
        tasks = race.taskCount();
        withLater = true;
        for (int t = 0; t < tasks; t++) {
            from[t] = index.rankAfter(race.earlier(), t);
            to[t] = race.rankBehind(race.earlier(), t, from[t]);
        }
    }

    boolean isEmpty() {
        for (int t = 0; t < tasks; t++) {
            if (from[t] < to[t]) {
                return false;
            }
        }
        return !withLater;
    }

    /// Takes out that step, the first of its task here.
    void remove(int step) {
        if (step == race.later()) {
            withLater = false;
        } else {
            from[trace.task(step)]++;
        }
    }

    /// Leaves out what would keep the later step waiting.
    ///
    /// @return whether it may then be possible; if not, the race has no other way round
    boolean makePossible() {
        int taker = race.lockingOutLater(this);
        while (taker >= 0) {
            if (taker < race.earlier() || race.isKnownToLater(taker)) {
                return false;
            }
            removeWithWhatFollows(taker);
            taker = race.lockingOutLater(this);
        }
        laterMayWait = taker == HappensBefore.UNKNOWN;
        return !race.isLaterDisabled() || race.isLaterTouchedBy(this);
    }

    private void removeWithWhatFollows(int step) {
        for (int t = 0; t < tasks; t++) {
            to[t] = t == trace.task(step) ? index.rank(step) : Math.min(to[t], race.rankBehind(step, t, from[t]));
        }
    }

    /// {@return whether that step, which is not the later one of the race, is among these}
    boolean has(int step) {
        int task = trace.task(step);
        int rank = index.rank(step);
        return from[task] <= rank && rank < to[task];
    }

    /// {@return the first step of that task, -1 if it takes none}
    int firstOf(int task) {
        if (from[task] < to[task]) {
            return index.step(task, from[task]);
        }
        return withLater && race.laterTask() == task ? race.later() : -1;
    }

    /// {@return whether that step, the first of its task here, happens after none of the others}
    boolean isInitial(int step) {
        for (int t = 0; t < tasks; t++) {
            if (from[t] < to[t]) {
                int first = index.step(t, from[t]);
                if (first != step && (step == race.later() ? race.isKnownToLater(first) : race.happensBefore(first, step))) {
                    return false;
                }
            }
        }
        return step != race.later() || !race.isLaterTouchedBy(this);
    }

    /// {@return whether one of those tasks takes a step here that happens after none of the others}
    boolean hasInitialIn(long ofTasks) {
        for (long left = ofTasks; left != 0; left &= left - 1) {
            int step = firstOf(Long.numberOfTrailingZeros(left));
            if (step >= 0 && isInitial(step)) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether a task that takes none of these steps, but takes another one later, can take it first as well}
    boolean isIndependentOf(int task) {
        int rank = index.rankAfter(race.earlier(), task);
        if (rank == index.count(task)) {
            return false;
        }
        int next = index.step(task, rank);
        return !trace.isGuarded(next) && !trace.isStateDependent(next) && trace.access(next) != Access.AWAIT.ordinal()
                && commutes(trace.object(next), trace.access(next), trace.mask(next))
                && commutes(trace.object2(next), trace.access2(next), trace.mask2(next));
    }

    /// {@return whether the step of a wakeup tree, by a task that takes none of these steps, commutes with all of them}
    boolean isIndependentOf(Wakeup node) {
        return !node.mayWait && commutes(node.first) && commutes(node.second);
    }

    private boolean commutes(Touch touch) {
        return touch.object() == 0 || commutes(touch.objectIn(machine), touch.access(), touch.mask());
    }

    private boolean commutes(int object, int access, long mask) {
        if (object < 0) {
            return true;
        }
        for (int at = index.lastAccess(object); TraceIndex.step(at) > race.earlier(); at = index.before(at)) {
            int step = TraceIndex.step(at);
            if (step != race.later() && has(step) && trace.touches(step, object, access, mask)) {
                return false;
            }
        }
        return !withLater || !race.laterTouches(object, access, mask);
    }

    /// {@return the branch of a wakeup tree for all that is left, not empty}
    Wakeup branch() {
        Wakeup below = withLater ? laterNode() : null;
        for (int step = trace.length() - 1; step > race.earlier(); step--) {
            if (has(step)) {
                below = before(below, step);
            }
        }
        if (below == null) {
            throw new IllegalStateException("nothing is left of the race");
        }
        return below;
    }

    private Wakeup before(@Nullable Wakeup below, int step) {
        Wakeup node = below;
        for (int c = trace.choices() - 1; c >= 0 && trace.choiceStep(c) > step; c--) {
            if (trace.choiceStep(c) == step + 1) {
                Wakeup choice = Wakeup.choice(trace.choiceValue(c), trace.choiceAlternatives(c));
                choice.child = node;
                node = choice;
            }
        }
        Wakeup taken = Wakeup.step(machine.task(trace.task(step)).stableName(), trace.task(step),
                touch(trace.object(step), trace.access(step), trace.mask(step)),
                touch(trace.object2(step), trace.access2(step), trace.mask2(step)), false);
        taken.child = node;
        return taken;
    }

    private Wakeup laterNode() {
        return Wakeup.step(machine.task(race.laterTask()).stableName(), race.laterTask(), race.laterTouch(touches),
                race.laterTouch2(touches), laterMayWait);
    }

    private Touch touch(int object, int access, long mask) {
        return touches.of(machine, object, access, mask);
    }

    /// {@return the numbers of the choices of the environment right after that step}
    int[] choicesAfter(int step) {
        if (step == race.later() || trace.choices() == 0) {
            return NONE;
        }
        return IntStream.range(0, trace.choices()).filter(c -> trace.choiceStep(c) == step + 1).toArray();
    }

    int choice(int number) {
        return trace.choiceValue(number);
    }

    int alternatives(int number) {
        return trace.choiceAlternatives(number);
    }
}
