package dev.faultline.explore.strategy;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The decisions that led to the present place in the tree of executions, from the root: which task took a
/// step, or what the environment chose. Sets of tasks are bit masks. Flat arrays, as this is looked at for
/// each step (bench: ExplorerBench).
final class Decisions {
    private int size;
    private int[] chosen = new int[64];
    private int[] alternatives = new int[64];
    private int[] step = new int[64];
    private long[] enabled = new long[64];
    private long[] tried = new long[64];
    private long[] wanted = new long[64];
    private long[] sleeping = new long[64];
    private long[] foreign = new long[64];
    private @Nullable Wakeup[] planned = new @Nullable Wakeup[64];

    int size() {
        return size;
    }

    /// {@return the task, or the alternative, that decision `d` is for}
    int chosen(int d) {
        return chosen[d];
    }

    /// {@return among how many alternatives the environment chooses at `d`; 0 if a task is chosen}
    int alternatives(int d) {
        return alternatives[d];
    }

    /// {@return the number of steps before decision `d`}
    int step(int d) {
        return step[d];
    }

    /// {@return the tasks that are enabled at `d`}
    long enabled(int d) {
        return enabled[d];
    }

    /// {@return the deepest decision that is for a task, -1 if there is none}
    int lastTask() {
        int d = size - 1;
        while (d >= 0 && alternatives[d] != 0) {
            d--;
        }
        return d;
    }

    /// {@return the tasks that need not be tried behind decision `d`, unless what was chosen there, or for a choice what
    /// was chosen last before it, disturbs them}
    long sleepingBehind(int d) {
        int task = d;
        while (task >= 0 && alternatives[task] != 0) {
            task--;
        }
        return task < 0 ? 0 : (sleeping[task] | tried[task]) & ~(1L << chosen[task]);
    }

    /// {@return the tasks whose subtrees at `d` are explored, or being explored}
    long tried(int d) {
        return tried[d];
    }

    /// {@return the tasks that have to be tried at `d` (the backtrack set)}
    long wanted(int d) {
        return wanted[d];
    }

    /// {@return the tasks that need not be tried at `d`, as what they would do next is shown elsewhere (the sleep set)}
    long sleeping(int d) {
        return sleeping[d];
    }

    /// {@return those of the sleeping tasks that sleep because of what others explore, perhaps at this moment}
    long foreign(int d) {
        return foreign[d];
    }

    void setForeign(int d, long tasks) {
        foreign[d] = tasks;
    }

    void setTried(int d, long tasks) {
        tried[d] = tasks;
    }

    void setSleeping(int d, long tasks) {
        sleeping[d] = tasks;
    }

    /// {@return whether anything is planned at `d` that is not begun}
    boolean hasWork(int d) {
        return alternatives[d] > 0 ? chosen[d] + 1 < alternatives[d] : planned[d] != null;
    }

    /// Forgets all.
    void clear() {
        size = 0;
    }

    /// Adds the decisions of `others` from `first` on.
    void append(Decisions others, int first) {
        for (int d = first; d < others.size; d++) {
            push(others.chosen[d], others.alternatives[d], others.step[d]);
            enabled[size - 1] = others.enabled[d];
            tried[size - 1] = others.tried[d];
            wanted[size - 1] = others.wanted[d];
            sleeping[size - 1] = others.sleeping[d];
            foreign[size - 1] = others.foreign[d];
            planned[size - 1] = others.planned[d];
        }
    }

    /// {@return the branches of the wakeup tree at `d` that are not begun}
    @Nullable Wakeup planned(int d) {
        return planned[d];
    }

    void plan(int d, @Nullable Wakeup branches) {
        planned[d] = branches;
    }

    void want(int d, long tasks) {
        wanted[d] |= tasks;
    }

    void pushTask(int task, int atStep, long enabledTasks, long sleepingTasks, long wantedTasks) {
        push(task, 0, atStep);
        enabled[size - 1] = enabledTasks;
        sleeping[size - 1] = sleepingTasks;
        tried[size - 1] = 1L << task;
        wanted[size - 1] = wantedTasks;
    }

    void pushChoice(int value, int alternativeCount, int atStep) {
        push(value, alternativeCount, atStep);
    }

    private void push(int value, int alternativeCount, int atStep) {
        if (size == chosen.length) {
            grow(size * 2);
        }
        chosen[size] = value;
        alternatives[size] = alternativeCount;
        step[size] = atStep;
        planned[size] = null;
        foreign[size] = 0;
        size++;
    }

    private void grow(int capacity) {
        chosen = Arrays.copyOf(chosen, capacity);
        alternatives = Arrays.copyOf(alternatives, capacity);
        step = Arrays.copyOf(step, capacity);
        enabled = Arrays.copyOf(enabled, capacity);
        tried = Arrays.copyOf(tried, capacity);
        wanted = Arrays.copyOf(wanted, capacity);
        sleeping = Arrays.copyOf(sleeping, capacity);
        foreign = Arrays.copyOf(foreign, capacity);
        planned = Arrays.copyOf(planned, capacity);
    }

    /// Tries that task or alternative at `d`, the deepest decision.
    void take(int d, int value) {
        chosen[d] = value;
        if (alternatives[d] == 0) {
            tried[d] |= 1L << value;
        }
    }

    void pop() {
        size--;
    }

    /// Goes back to the deepest decision that has something left to try, and tries that.
    ///
    /// @return whether there was one
    boolean advance() {
        while (size > 0) {
            int d = size - 1;
            if (alternatives[d] > 0) {
                if (chosen[d] + 1 < alternatives[d]) {
                    chosen[d]++;
                    return true;
                }
            } else {
                long left = wanted[d] & ~tried[d] & ~sleeping[d];
                if (left != 0) {
                    chosen[d] = Long.numberOfTrailingZeros(left);
                    tried[d] |= 1L << chosen[d];
                    return true;
                }
            }
            size--;
        }
        return false;
    }

    /// {@return the part of the tree below the decisions before `first` that lies before the present place, if every
    /// subtree of a decision that is wanted by now is as large as its siblings}
    double fractionBefore(int first) {
        double before = 0;
        double weight = 1;
        for (int d = first; d < size; d++) {
            int all = alternatives[d] > 0 ? alternatives[d] : Long.bitCount((wanted[d] | tried[d]) & ~sleeping[d]);
            int gone = alternatives[d] > 0 ? chosen[d] : Long.bitCount(tried[d]) - 1;
            weight /= Math.max(all, 1);
            before += weight * gone;
        }
        return before + weight;
    }

    /// {@return the part of the tree below the decisions before `first` that lies below decision `d`}
    double weightOf(int first, int d) {
        double weight = 1;
        for (int above = first; above < d; above++) {
            int all = alternatives[above] > 0
                    ? alternatives[above] : Long.bitCount((wanted[above] | tried[above]) & ~sleeping[above]);
            weight /= Math.max(all, 1);
        }
        return weight;
    }
}
