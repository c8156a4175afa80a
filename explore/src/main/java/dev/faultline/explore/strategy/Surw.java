package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;
import java.util.Arrays;

/// Selectively uniform random walk: H. Zhao, D. Wolff, U. Mathur, A. Roychoudhury, "Selectively Uniform Concurrency
/// Testing", ASPLOS 2025. In each execution one shared object is picked, and all orders of the steps on it are
/// equally likely: the task that takes the next one is drawn by how many of them it still has to take, and others wait
/// before theirs. Steps on other objects are drawn evenly between.
///
/// Departures from the paper:
///
/// - How many steps on which object a task takes is what it took in an execution seen before; orders are equally
///   likely as far as that is so in every execution. If the drawn task does not get there, another one is drawn.
/// - Objects are known again by their index, which is the same in all executions for what is made before the part to
///   explore. Only those that tasks contend for are picked; if there is none, the walk is even.
public final class Surw extends Sampling {
    private static final int NOBODY = -1;

    private final int[] remaining = new int[Long.SIZE];
    private int[] seenTasks = new int[0];
    private int[] seenObjects = new int[0];
    private int[] contended = new int[0];
    private int picked = -1;
    private int looked;
    private int intended = NOBODY;
    private long waiting;

    /// A walk with that seed.
    public Surw(long seed) {
        super(seed);
    }

    @Override
    public String name() {
        return "surw";
    }

    // ---- what earlier executions tell ----

    @Override
    void learn(Machine machine) {
        Trace trace = machine.trace();
        seenTasks = new int[trace.length() * 2];
        seenObjects = new int[trace.length() * 2];
        long[] touching = new long[machine.objectCount()];
        boolean[] changed = new boolean[machine.objectCount()];
        for (int i = 0; i < trace.length(); i++) {
            note(2 * i, trace.task(i), trace.object(i), trace.access(i), touching, changed);
            note(2 * i + 1, trace.task(i), trace.object2(i), trace.access2(i), touching, changed);
        }
        int[] found = new int[touching.length];
        int count = 0;
        for (int object = 0; object < touching.length; object++) {
            if (changed[object] && Long.bitCount(touching[object]) > 1) {
                found[count++] = object;
            }
        }
        contended = Arrays.copyOf(found, count);
    }

    private void note(int place, int task, int object, int access, long[] touching, boolean[] changed) {
        seenTasks[place] = task;
        seenObjects[place] = object;
        if (object >= 0) {
            touching[object] |= 1L << task;
            changed[object] |= access != Access.READ.ordinal();
        }
    }

    @Override
    public void begin() {
        looked = 0;
        intended = NOBODY;
        waiting = 0;
        picked = contended.length == 0 ? -1 : contended[random().nextInt(contended.length)];
        Arrays.fill(remaining, 0);
        for (int i = 0; i < seenObjects.length; i++) {
            boolean twice = i % 2 == 1 && seenObjects[i - 1] == seenObjects[i];
            remaining[seenTasks[i]] += seenObjects[i] == picked && !twice ? 1 : 0;
        }
    }

    // ---- the walk ----

    @Override
    int draw(Machine machine, long enabled) {
        if (picked < 0) {
            return evenly(enabled);
        }
        lookBack(machine);
        if (intended == NOBODY) {
            intended = weighed(-1L);
        }
        for (long left = enabled & ~waiting; left != 0; left = enabled & ~waiting) {
            int task = evenly(left);
            if (task == intended || intended == NOBODY || !isOnPicked(machine.task(task))) {
                return task;
            }
            waiting |= 1L << task;
        }
        // The one that all wait for cannot run: another one, of those that can.
        int next = weighed(enabled);
        intended = next == NOBODY ? evenly(enabled) : next;
        waiting &= ~(1L << intended);
        return intended;
    }

    private void lookBack(Machine machine) {
        Trace trace = machine.trace();
        for (; looked < machine.stepCount(); looked++) {
            if (trace.object(looked) == picked || trace.object2(looked) == picked) {
                int task = trace.task(looked);
                remaining[task] = Math.max(0, remaining[task] - 1);
                intended = NOBODY;
                waiting = 0;
            }
        }
    }

    private boolean isOnPicked(Task task) {
        task.refreshPending();
        return task.objectIndex() == picked || task.objectIndex2() == picked;
    }

    /// {@return one of `tasks`, each as likely as it has steps on the object to take; nobody if none has}
    private int weighed(long tasks) {
        int all = 0;
        for (int task = 0; task < remaining.length; task++) {
            all += (int) (tasks >> task & 1) * remaining[task];
        }
        int lot = all == 0 ? 0 : random().nextInt(all);
        for (int task = 0; task < remaining.length && all > 0; task++) {
            lot -= (int) (tasks >> task & 1) * remaining[task];
            if (lot < 0) {
                return task;
            }
        }
        return NOBODY;
    }
}
