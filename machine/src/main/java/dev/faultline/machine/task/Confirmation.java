package dev.faultline.machine.task;

/// Goes round a lasso three more times and watches that everything repeats: the certificate of a livelock.
///
/// It fails (the execution is then merely cut off) if a step differs, if the state after a round is not the
/// one before it, or if on the way a task outside the lasso becomes enabled: a fair scheduler would let it
/// run there, which other executions show.
final class Confirmation {
    private static final int ROUNDS = 3;

    private final Machine machine;
    private final Lasso lasso;
    private final StateKey key;
    private final long outsiders;
    private final int start;
    private final int first;
    private int position;
    private int rounds;
    // Whether the present round started in the state of the lasso.
    private boolean returned = true;

    Confirmation(Machine machine, Lasso lasso, StateKey key) {
        this.machine = machine;
        this.lasso = lasso;
        this.key = key;
        long outside = 0;
        for (int i = 0; i < machine.taskCount(); i++) {
            if (!lasso.involves(i) && !machine.task(i).isParked()) {
                outside |= 1L << i;
            }
        }
        this.outsiders = outside;
        this.start = machine.trace().length();
        this.first = following(0);
        this.position = first;
    }

    Lasso lasso() {
        return lasso;
    }

    /// {@return the number of steps before the rounds}
    int start() {
        return start;
    }

    /// {@return the task of the next step of the lasso}
    int next() {
        return machine.trace().task(lasso.from + position);
    }

    /// {@return whether step `taken` of the trace repeats the lasso}
    boolean agrees(int taken) {
        if (position == first && !returned) {
            return false;
        }
        returned = false;
        Trace trace = machine.trace();
        int model = lasso.from + position;
        position = following(position + 1);
        boolean same = trace.task(taken) == trace.task(model)
                && trace.access(taken) == trace.access(model)
                && trace.mask(taken) == trace.mask(model)
                && sort(trace.object(taken)).equals(sort(trace.object(model)));
        return same && !outsiderEnabled();
    }

    /// {@return the first position from there on, and round, that is not a parked task going on: in the rounds
    /// nobody is parked}
    private int following(int from) {
        int length = lasso.to - lasso.from;
        int at = from % length;
        while (machine.trace().object(lasso.from + at) < 0) {
            at = (at + 1) % length;
        }
        return at;
    }

    private String sort(int object) {
        return object < 0 ? "" : machine.object(object).what();
    }

    private boolean outsiderEnabled() {
        for (int i = 0; i < machine.taskCount(); i++) {
            if ((outsiders >> i & 1) != 0 && machine.task(i).isEnabled()) {
                return true;
            }
        }
        return machine.taskCount() < 64 && outsiders >>> machine.taskCount() != 0;
    }

    /// A retry point was passed in that state.
    ///
    /// @return whether that was the last round
    boolean passed(StateKey now) {
        boolean isRound = position == first && !returned && now.equals(key);
        if (isRound) { // else a retry point inside the lasso, or an outer or inner loop's at its end
            returned = true;
            rounds++;
        }
        return rounds == ROUNDS;
    }
}
