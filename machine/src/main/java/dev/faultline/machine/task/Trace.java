package dev.faultline.machine.task;

import java.util.Arrays;
import java.util.BitSet;

/// The steps of one execution, in order, in flat arrays: who touched what, and how. Also the choices that
/// the environment made, and between which steps.
public final class Trace {
    private int length;
    private int[] task = new int[64];
    private byte[] access = new byte[64];
    private byte[] access2 = new byte[64];
    private int[] object = new int[64];
    private int[] object2 = new int[64];
    private long[] mask = new long[64];
    private long[] mask2 = new long[64];
    private boolean[] stateDependent = new boolean[64];
    private boolean[] guarded = new boolean[64];
    private int[] cause = new int[64];
    private boolean[] changing = new boolean[64];
    private byte[] taken = new byte[64];
    private int choices;
    private int[] choiceStep = new int[16];
    private int[] choiceValue = new int[16];
    private int[] choiceAlternatives = new int[16];

    Trace() {}

    void clear() {
        length = 0;
        choices = 0;
    }

    void truncate(int steps) {
        length = steps;
        while (choices > 0 && choiceStep[choices - 1] > steps) {
            choices--;
        }
    }

    /// {@return this trace without the steps in `left`, and without the choices made right after them}
    Trace without(BitSet left) {
        Trace rest = new Trace();
        int choice = 0;
        for (int i = 0; i <= length; i++) {
            for (; choice < choices && choiceStep[choice] == i; choice++) {
                if (i == 0 || !left.get(i - 1)) {
                    rest.addChoice(choiceValue[choice], choiceAlternatives[choice]);
                }
            }
            if (i < length && !left.get(i)) {
                rest.copy(this, i);
            }
        }
        return rest;
    }

    private void copy(Trace from, int i) {
        if (length == task.length) {
            grow();
        }
        task[length] = from.task[i];
        access[length] = from.access[i];
        object[length] = from.object[i];
        mask[length] = from.mask[i];
        access2[length] = from.access2[i];
        object2[length] = from.object2[i];
        mask2[length] = from.mask2[i];
        stateDependent[length] = from.stateDependent[i];
        guarded[length] = from.guarded[i];
        cause[length] = -1;
        taken[length] = from.taken[i];
        changing[length++] = from.changing[i];
    }

    /// {@return whether steps `a` and `b` touch something in ways that do not commute}
    public boolean areDependent(int a, int b) {
        return touches(a, object[b], access[b], mask[b]) || touches(a, object2[b], access2[b], mask2[b]);
    }

    /// {@return whether step `i` touches that object in a way that does not commute with such an access}
    public boolean touches(int i, int anObject, int anAccess, long aMask) {
        return anObject >= 0
                && (anObject == object[i] && (aMask & mask[i]) != 0 && Access.dependent(anAccess, access[i])
                        || anObject == object2[i] && (aMask & mask2[i]) != 0 && Access.dependent(anAccess, access2[i]));
    }

    void truncate(int steps, int firstChoices) {
        length = Math.min(length, steps);
        choices = Math.min(choices, firstChoices);
    }

    void add(Task t) {
        if (length == task.length) {
            grow();
        }
        int i = length++;
        task[i] = t.id();
        access[i] = (byte) t.access.ordinal();
        object[i] = t.objectIndex();
        mask[i] = t.mask;
        access2[i] = (byte) t.access2.ordinal();
        object2[i] = t.objectIndex2();
        mask2[i] = t.mask2;
        stateDependent[i] = t.isStateDependent();
        guarded[i] = t.isGuarded();
        cause[i] = t.resumedBy();
        changing[i] = false;
        taken[i] = 0;
    }

    private void grow() {
        int capacity = task.length * 2;
        task = Arrays.copyOf(task, capacity);
        access = Arrays.copyOf(access, capacity);
        access2 = Arrays.copyOf(access2, capacity);
        object = Arrays.copyOf(object, capacity);
        object2 = Arrays.copyOf(object2, capacity);
        mask = Arrays.copyOf(mask, capacity);
        mask2 = Arrays.copyOf(mask2, capacity);
        stateDependent = Arrays.copyOf(stateDependent, capacity);
        guarded = Arrays.copyOf(guarded, capacity);
        cause = Arrays.copyOf(cause, capacity);
        changing = Arrays.copyOf(changing, capacity);
        taken = Arrays.copyOf(taken, capacity);
    }

    /// The last step has changed the state.
    void changed() {
        if (length > 0) {
            changing[length - 1] = true;
        }
    }

    /// The task of the last step holds a lock by it.
    void took(boolean shared) {
        if (length > 0) {
            taken[length - 1] = (byte) (shared ? 1 : 2);
        }
    }

    /// {@return whether the task of step `i` holds the lock that the step concerned by it, together with others or not}
    public boolean isTaking(int i) {
        return taken[i] > 0;
    }

    /// {@return whether the task of step `i` holds the lock that the step concerned by it, alone}
    public boolean isTakingAlone(int i) {
        return taken[i] > 1;
    }

    boolean isChanging(int i) {
        return changing[i];
    }

    void addChoice(int value, int alternatives) {
        if (choices == choiceStep.length) {
            choiceStep = Arrays.copyOf(choiceStep, choices * 2);
            choiceValue = Arrays.copyOf(choiceValue, choices * 2);
            choiceAlternatives = Arrays.copyOf(choiceAlternatives, choices * 2);
        }
        choiceStep[choices] = length;
        choiceValue[choices] = value;
        choiceAlternatives[choices++] = alternatives;
    }

    /// {@return the number of steps}
    public int length() {
        return length;
    }

    /// {@return the number of the task that took step `i`}
    public int task(int i) {
        return task[i];
    }

    /// {@return the ordinal of the [Access] of step `i` to its first object}
    public int access(int i) {
        return access[i];
    }

    /// {@return the index of the first object of step `i`, -1 for none}
    public int object(int i) {
        return object[i];
    }

    /// {@return the parts of its first object that step `i` concerned}
    public long mask(int i) {
        return mask[i];
    }

    /// {@return the ordinal of the [Access] of step `i` to its second object}
    public int access2(int i) {
        return access2[i];
    }

    /// {@return the index of the second object of step `i`, -1 for none}
    public int object2(int i) {
        return object2[i];
    }

    /// {@return the parts of its second object that step `i` concerned}
    public long mask2(int i) {
        return mask2[i];
    }

    /// {@return whether how step `i` touched its objects, and which the second one was, depended on the state
    /// of the first}
    public boolean isStateDependent(int i) {
        return stateDependent[i];
    }

    /// {@return whether step `i` waited for a condition over its first object}
    public boolean isGuarded(int i) {
        return guarded[i];
    }

    /// {@return the step that let the parked task go on that does so in step `i`, -1 if step `i` is not of that kind}
    public int cause(int i) {
        return cause[i];
    }

    /// {@return the number of choices of the environment}
    public int choices() {
        return choices;
    }

    /// {@return the number of steps that came before choice `c`}
    public int choiceStep(int c) {
        return choiceStep[c];
    }

    /// {@return what was chosen at choice `c`}
    public int choiceValue(int c) {
        return choiceValue[c];
    }

    /// {@return among how many alternatives choice `c` was made}
    public int choiceAlternatives(int c) {
        return choiceAlternatives[c];
    }
}
