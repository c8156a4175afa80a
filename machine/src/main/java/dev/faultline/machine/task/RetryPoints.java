package dev.faultline.machine.task;

import org.jspecify.annotations.Nullable;

/// What happens at retry points: a task that comes back to a state in which this execution was before is kept
/// back while others can run, and if none can, its way round is tried as a livelock.
final class RetryPoints {
    private final Machine machine;
    private final RetryLog log = new RetryLog();
    private @Nullable Confirmation confirmation;
    private @Nullable Lasso livelock;
    private int parked;

    RetryPoints(Machine machine) {
        this.machine = machine;
    }

    void clear() {
        log.clear();
        confirmation = null;
        livelock = null;
    }

    /// `task` starts over.
    void passed(Task task) {
        StateKey key = machine.stateKey();
        Confirmation rounds = confirmation;
        if (rounds != null) {
            if (rounds.passed(key)) {
                livelock = rounds.lasso();
                machine.stop(Ending.LIVELOCK, rounds.start());
            }
            return;
        }
        int steps = machine.stepCount();
        int choices = machine.environmentCount();
        int earlier = log.visit(key, steps, choices);
        if (earlier < 0) {
            return;
        }
        Lasso lasso = new Lasso(machine, log.step(earlier), steps, log.choices(earlier) < choices);
        if (lasso.involves(task.id())) { // else two retry points without a step of the task between them
            recurred(task, key, lasso);
        }
    }

    private void recurred(Task task, StateKey key, Lasso lasso) {
        if (leavesOut(lasso) || onlyDaemonsAreLeft()) {
            parked++;
            machine.park(task, lasso);
            parked--;
            if (confirmation == null) { // a lasso from here on starts afresh
                log.visit(machine.stateKey(), machine.stepCount(), machine.environmentCount());
            }
        } else if (lasso.environment || environmentKeepsParked()) {
            machine.stop(Ending.COVERED, lasso.to); // the environment would have to go on choosing like this for ever
        } else {
            confirmation = new Confirmation(machine, lasso, key);
        }
    }

    /// {@return whether all tasks are done that an execution waits for: a daemon that goes round then rests}
    private boolean onlyDaemonsAreLeft() {
        for (int i = 0; i < machine.taskCount(); i++) {
            if (!machine.task(i).isDone() && !machine.task(i).isDaemon()) {
                return false;
            }
        }
        return true;
    }

    /// {@return whether a task could run that takes no part in `lasso`}
    private boolean leavesOut(Lasso lasso) {
        boolean leftOut = false;
        for (int i = 0; i < machine.taskCount(); i++) {
            Task other = machine.task(i);
            if (!lasso.involves(i)) {
                leftOut |= releaseShared(other) || other.isEnabled();
            }
        }
        return leftOut;
    }

    /// Lets a task go on that is parked in a lasso of several tasks: they have moved on since, and cannot do more
    /// without it.
    ///
    /// @return whether it was parked so
    private static boolean releaseShared(Task task) {
        Lasso lasso = task.parked;
        if (lasso == null || !lasso.isShared()) {
            return false;
        }
        lasso.release();
        return true;
    }

    /// {@return whether a parked task goes round only as long as the environment chooses so}
    private boolean environmentKeepsParked() {
        for (int i = 0; i < machine.taskCount(); i++) {
            Lasso lasso = machine.task(i).parked;
            if (lasso != null && lasso.environment) {
                return true;
            }
        }
        return false;
    }

    /// Lets a parked task go on if nobody can run and the lasso that it is parked in is no longer what it was.
    void releaseIfStuck() {
        if (parked > 0 && machine.firstEnabled() < 0 && !onlyDaemonsAreLeft()) {
            for (int i = 0; i < machine.taskCount(); i++) {
                if (releaseShared(machine.task(i))) {
                    return;
                }
            }
        }
    }

    /// Everybody is blocked or parked: starts to go round the lasso of one parked task.
    ///
    /// @return false if a parked task could be let go by the environment: the executions in which it is let go
    ///     show what comes of it
    boolean confirmParked() {
        if (environmentKeepsParked()) {
            return false;
        }
        for (int i = 0; i < machine.taskCount(); i++) {
            Lasso lasso = machine.task(i).parked;
            if (lasso != null) {
                confirmation = new Confirmation(machine, lasso, machine.stateKey());
                return true;
            }
        }
        return false;
    }

    /// {@return whether the rounds of a certificate are run}
    boolean isConfirming() {
        return confirmation != null;
    }

    /// {@return the task that the certificate wants to run next}
    int next() {
        return confirming().next();
    }

    /// A step was taken that should repeat one of the lasso.
    void repeated() {
        Confirmation rounds = confirming();
        if (!rounds.agrees(machine.stepCount() - 1)) {
            machine.stop(Ending.COVERED, rounds.start());
        }
    }

    private Confirmation confirming() {
        Confirmation rounds = confirmation;
        if (rounds == null) {
            throw new IllegalStateException("no certificate is tried");
        }
        return rounds;
    }

    /// {@return the cycle of the livelock that was found}
    ///
    /// @throws IllegalStateException if none was
    Lasso livelock() {
        Lasso lasso = livelock;
        if (lasso == null) {
            throw new IllegalStateException("no livelock");
        }
        return lasso;
    }
}
