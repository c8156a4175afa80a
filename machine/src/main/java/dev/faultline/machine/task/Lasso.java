package dev.faultline.machine.task;

import java.util.BitSet;

/// A stretch of an execution that leads from a state back to the same state: between two visits of retry
/// points, steps `from` (inclusive) to `to` (exclusive).
///
/// The task that came back is parked: going round again would show nothing new until a task outside the
/// lasso touches something that the lasso touched.
final class Lasso {
    final int from;
    final int to;
    final long tasks;
    final boolean environment;
    private final Machine machine;
    private final BitSet footprint = new BitSet();
    private int scanned;
    private boolean broken;
    private int breaker = -1;

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
            involved |= 1L << trace.task(i);
            if (trace.object(i) >= 0) {
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
        Trace trace = machine.trace();
        for (int end = trace.length(); !broken && scanned < end; scanned++) {
            boolean outside = (tasks >> trace.task(scanned) & 1) == 0;
            broken = outside
                    && (changes(trace.object(scanned), trace.access(scanned))
                            || changes(trace.object2(scanned), trace.access2(scanned)));
            if (broken) {
                breaker = scanned;
            }
        }
        return broken;
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
