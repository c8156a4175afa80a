package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Trace;
import java.util.Arrays;

/// Where to look in an execution: the steps of each task in their order, and the accesses to each object, latest first.
///
/// An access goes by a number: 2 * step + 1, plus 1 for the second object of a step; 0 stands for none. Flat arrays, as
/// this is looked at for each pair of steps (bench: ExplorerBench).
final class TraceIndex {
    private static final int[] NONE = {};

    private Trace trace = new Machine(0, null).trace();

    private int[] lastAccess = new int[64];
    private int[] previousAccess = new int[256];
    // The same chains without what the task of the access did itself right before it.
    private int[] previousOfOthers = new int[256];

    private int[][] steps = new int[64][];
    private final int[] count = new int[64];
    private int[] rank = new int[64];

    TraceIndex() {
        Arrays.fill(steps, NONE);
    }

    /// Starts with none of the steps of the machine's execution.
    void start(Machine machine) {
        trace = machine.trace();
        int length = trace.length();
        lastAccess = atLeast(lastAccess, machine.objectCount());
        previousAccess = atLeast(previousAccess, 2 * length + 2);
        previousOfOthers = atLeast(previousOfOthers, 2 * length + 2);
        rank = atLeast(rank, length);
        Arrays.fill(lastAccess, 0, machine.objectCount(), 0);
        Arrays.fill(count, 0, machine.taskCount(), 0);
    }

    static int[] atLeast(int[] array, int length) {
        return array.length >= length ? array : new int[Math.max(length, array.length * 2)];
    }

    /// Adds step `i`; all before it are there.
    void add(int i) {
        int task = trace.task(i);
        if (count[task] == steps[task].length) {
            steps[task] = Arrays.copyOf(steps[task], Math.max(16, count[task] * 2));
        }
        rank[i] = count[task];
        steps[task][count[task]++] = i;
        if (trace.object(i) >= 0) {
            link(2 * i, trace.object(i));
        }
        if (trace.object2(i) >= 0) {
            link(2 * i + 1, trace.object2(i));
        }
    }

    private void link(int access, int object) {
        int previous = lastAccess[object];
        boolean own = previous != 0 && trace.task(step(previous)) == trace.task(access >> 1);
        previousAccess[access] = previous;
        previousOfOthers[access] = own ? previousOfOthers[previous - 1] : previous;
        lastAccess[object] = access + 1;
    }

    /// {@return the step of an access; -1 for 0}
    static int step(int access) {
        return access - 1 >> 1;
    }

    /// {@return whether it is the access to the second object of its step}
    static boolean isSecond(int access) {
        return (access - 1 & 1) != 0;
    }

    /// {@return the last access to the object so far}
    int lastAccess(int object) {
        return object < 0 ? 0 : lastAccess[object];
    }

    /// {@return the access to the same object before that one}
    int before(int access) {
        return previousAccess[access - 1];
    }

    /// {@return the access to the same object before that one, and before those of the same task that come right before
    /// it}
    int beforeOfOthers(int access) {
        return previousOfOthers[access - 1];
    }

    /// {@return the access before that of step `i` to its first object}
    int beforeFirst(int i) {
        return trace.object(i) >= 0 ? previousAccess[2 * i] : 0;
    }

    /// {@return the access before that of step `i` to its second object}
    int beforeSecond(int i) {
        return trace.object2(i) >= 0 ? previousAccess[2 * i + 1] : 0;
    }

    /// {@return how many steps the task took so far}
    int count(int task) {
        return count[task];
    }

    /// {@return the step of that rank among those of the task; -1 for rank -1}
    int step(int task, int ofRank) {
        return ofRank < 0 ? -1 : steps[task][ofRank];
    }

    /// {@return how many steps its task took before step `i`}
    int rank(int i) {
        return rank[i];
    }

    /// {@return the rank of the first step of the task that comes after step `i`, or their number}
    int rankAfter(int i, int task) {
        int from = 0;
        int to = count[task];
        while (from < to) {
            int middle = from + to >>> 1;
            if (steps[task][middle] <= i) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }
}
