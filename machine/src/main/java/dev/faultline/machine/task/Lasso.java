package dev.faultline.machine.task;

import java.util.BitSet;

/// A stretch of an execution that leads from a state back to the same state: between two visits of retry
/// points, steps `from` (inclusive) to `to` (exclusive).
///
/// The task that came back is parked: going round again would show nothing new until a task outside the
/// lasso changes something that the lasso touched. Tasks that take part may meanwhile do something else than
/// before; what follows from it is the same as from the first visit on, where the parked task was free to run.
final class Lasso {
    final int from;
    final int to;
    final boolean environment;
    private long tasks;
    private final Machine machine;
    private final BitSet footprint = new BitSet();
    private int scanned;
    private int breaker = -1;
    private boolean released;

    /// @param environment whether choices of the environment were made on the way
    Lasso(Machine machine, int from, int to, boolean environment) {
        this.machine = machine;
        this.environment = environment;
        this.from = from;
        this.to = to;
        this.scanned = to;
        Trace trace = machine.trace();
        long involved = 0;
        for (int i = from; i < to; i++) {
            if (trace.object(i) >= 0) { // else a parked task that was let go on, which is not yet taking part
                involved |= 1L << trace.task(i);
                footprint.set(trace.object(i));
            }
            if (trace.object2(i) >= 0) {
                footprint.set(trace.object2(i));
            }
        }
        this.tasks = involved;
    }

    /// {@return whether a task outside the lasso has changed something that the lasso touches}
    boolean isBroken() {
        int end = machine.stepCount();
        for (int i = scanned; breaker < 0 && i < end; i++) {
            if (breaks(machine.trace(), i)) {
                breaker = i;
            }
        }
        scanned = Math.max(scanned, end - 1); // the last step may not have done all its work yet
        return released || breaker >= 0;
    }

    private boolean breaks(Trace trace, int i) {
        return !involves(trace.task(i))
                && trace.isChanging(i)
                && (changes(trace.object(i), trace.access(i)) || changes(trace.object2(i), trace.access2(i)));
    }

    /// {@return whether the task with that number takes part}
    boolean involves(int task) {
        return (tasks >> task & 1) != 0;
    }

    /// {@return whether several tasks take part, so that it may lead elsewhere when one of them has moved on}
    boolean isShared() {
        return Long.bitCount(tasks) > 1;
    }

    /// Lets the parked task go on although nothing outside has changed.
    void release() {
        released = true;
    }

    /// The parked task goes on waiting in another phase, with another number and a trace that starts afresh.
    void carryOver(int task) {
        released |= isShared();
        tasks = 1L << task;
        scanned = 0;
    }

    /// {@return the step that broke the lasso, -1 for none}
    int breaker() {
        return breaker;
    }

    private boolean changes(int object, int access) {
        return object >= 0
                && access != Access.READ.ordinal()
                && access != Access.AWAIT.ordinal()
                && footprint.get(object);
    }
}
