package dev.faultline.explore.strategy;

import dev.faultline.explore.strategy.Wakeup.Touch;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Trace;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What has to run so that a race comes out the other way round: the steps between the two of the race that do not
/// happen after the earlier one, in their order, and then the later one. Steps are taken out of it as a walk down a
/// wakeup tree meets them.
final class Reordered {
    private static final int[] NONE = {};

    private final HappensBefore race;
    private Machine machine;
    private Trace trace;
    private int[] steps = new int[64];
    private int size;
    private boolean withLater;
    private boolean laterMayWait;

    Reordered(HappensBefore race) {
        this.race = race;
        this.machine = race.machine();
        this.trace = machine.trace();
    }

    /// Starts with all of them, for the race in hand.
    void start() {
        machine = race.machine();
        trace = machine.trace();
        size = 0;
        withLater = true;
        for (int i = race.earlier() + 1; i < trace.length(); i++) {
            if (i != race.later() && !race.isAfterEarlier(i)) {
                if (size == steps.length) {
                    steps = Arrays.copyOf(steps, size * 2);
                }
                steps[size++] = i;
            }
        }
    }

    boolean isEmpty() {
        return size == 0 && !withLater;
    }

    /// Takes the step at that index out.
    void remove(int index) {
        if (index == size) {
            withLater = false;
        } else {
            System.arraycopy(steps, index + 1, steps, index, size - index - 1);
            size--;
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
        return !race.isLaterDisabled() || isLaterTouched();
    }

    private boolean isLaterTouched() {
        for (int k = 0; k < size; k++) {
            if (race.laterTouches(steps[k])) {
                return true;
            }
        }
        return false;
    }

    private void removeWithWhatFollows(int step) {
        int kept = 0;
        for (int k = 0; k < size; k++) {
            if (steps[k] != step && !race.happensBefore(step, steps[k])) {
                steps[kept++] = steps[k];
            }
        }
        size = kept;
    }

    /// {@return whether that step is among these}
    boolean has(int step) {
        return Arrays.binarySearch(steps, 0, size, step) >= 0;
    }

    /// {@return where the first step of that task is: an index, [#size()] for the later step, -1 for nowhere}
    int indexOf(int task) {
        for (int k = 0; k < size; k++) {
            if (trace.task(steps[k]) == task) {
                return k;
            }
        }
        return withLater && race.laterTask() == task ? size : -1;
    }

    /// {@return whether the step at that index happens after none of the others}
    boolean isInitial(int index) {
        return index == size ? isLaterInitial() : isStepInitial(index);
    }

    /// {@return whether one of those tasks takes a step here that happens after none of the others}
    boolean hasInitialIn(long tasks) {
        for (long left = tasks; left != 0; left &= left - 1) {
            int index = indexOf(Long.numberOfTrailingZeros(left));
            if (index >= 0 && isInitial(index)) {
                return true;
            }
        }
        return false;
    }

    private boolean isStepInitial(int index) {
        for (int k = 0; k < index; k++) {
            if (race.happensBefore(steps[k], steps[index])) {
                return false;
            }
        }
        return true;
    }

    private boolean isLaterInitial() {
        for (int k = 0; k < size; k++) {
            if (race.isBeforeLater(steps[k])) {
                return false;
            }
        }
        return true;
    }

    /// {@return whether a task that takes none of these steps, but takes another one later, can take it first as well}
    boolean isIndependentOf(int task) {
        int next = race.earlier();
        while (next < trace.length() && trace.task(next) != task) {
            next++;
        }
        return next < trace.length() && !trace.isGuarded(next) && !trace.isStateDependent(next)
                && trace.access(next) != Access.AWAIT.ordinal()
                && commutes(trace.object(next), trace.access(next), trace.mask(next))
                && commutes(trace.object2(next), trace.access2(next), trace.mask2(next));
    }

    /// {@return whether the step of a wakeup tree, by a task that takes none of these steps, commutes with all of them}
    boolean isIndependentOf(Wakeup node) {
        return !node.mayWait && commutes(node.first) && commutes(node.second);
    }

    private boolean commutes(Touch touch) {
        return touch.object() == 0 || commutes(objectNamed(touch.object()), touch.access(), touch.mask());
    }

    /// {@return the index of the object of that name if one of these steps touches it, else -1}
    private int objectNamed(long name) {
        for (int k = 0; k < size; k++) {
            int one = trace.object(steps[k]);
            int other = trace.object2(steps[k]);
            if (one >= 0 && machine.object(one).stableName() == name) {
                return one;
            }
            if (other >= 0 && machine.object(other).stableName() == name) {
                return other;
            }
        }
        return withLater ? race.laterObjectNamed(name) : -1;
    }

    private boolean commutes(int object, int access, long mask) {
        if (object < 0) {
            return true;
        }
        for (int k = 0; k < size; k++) {
            if (trace.touches(steps[k], object, access, mask)) {
                return false;
            }
        }
        return !withLater || !race.laterTouches(object, access, mask);
    }

    /// {@return the branch of a wakeup tree for all that is left, not empty}
    Wakeup branch() {
        Wakeup below = withLater ? laterNode() : null;
        for (int k = size - 1; k >= 0; k--) {
            below = before(below, steps[k]);
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
        return Wakeup.step(machine.task(race.laterTask()).stableName(), race.laterTask(), race.laterTouch(), race.laterTouch2(),
                laterMayWait);
    }

    private Touch touch(int object, int access, long mask) {
        return Touch.of(machine, object, access, mask);
    }

    /// {@return the numbers of the choices of the environment right after the step at that index}
    int[] choicesAfter(int index) {
        if (index == size || trace.choices() == 0) {
            return NONE;
        }
        return IntStream.range(0, trace.choices()).filter(c -> trace.choiceStep(c) == steps[index] + 1).toArray();
    }

    int choice(int number) {
        return trace.choiceValue(number);
    }

    int alternatives(int number) {
        return trace.choiceAlternatives(number);
    }
}
