package dev.faultline.explore.strategy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The part of one tree of executions that several explorers share: the decisions above their subtrees, with the
/// branches there that nobody has begun. Safe to use from several threads.
class Frontier {
    private final List<Place> open = new ArrayList<>();
    private final Deque<Job> waiting = new ArrayDeque<>();
    private final List<Dpor> explorers = new ArrayList<>();
    private int working;
    private int idle;
    private int resting;
    private boolean stopped;
    private double done;
    private volatile boolean pausing;
    private volatile boolean hungry;

    void add(Dpor explorer) {
        explorers.add(explorer);
    }

    synchronized void add(Job job) {
        waiting.add(job);
    }

    synchronized void add(Place place) {
        if (place.hasWork()) {
            open.add(place);
        }
    }

    /// {@return whether an explorer has nothing to do}
    boolean isHungry() {
        return hungry;
    }

    /// {@return whether [#take] has something at once}
    synchronized boolean hasWork() {
        return !waiting.isEmpty() || !open.isEmpty();
    }

    /// {@return something to explore; waits for it while others may come upon some; empty when all is explored}
    synchronized Optional<Job> take() {
        while (!stopped) {
            Job job = waiting.isEmpty() ? branch() : waiting.removeFirst();
            if (job != null) {
                working++;
                return Optional.of(job);
            }
            if (working == 0) {
                notifyAll();
                return Optional.empty();
            }
            await();
        }
        return Optional.empty();
    }

    private void await() {
        idle++;
        hungry = true;
        try {
            wait();
        } catch (InterruptedException interrupted) {
            stopped = true;
            Thread.currentThread().interrupt();
        }
        idle--;
        hungry = idle > 0 && open.isEmpty();
    }

    private @Nullable Job branch() {
        if (open.isEmpty()) {
            return null;
        }
        Place place = shallowest();
        Wakeup planned = place.planned;
        Job job = place.alternatives > 0 || planned == null ? choice(place) : branch(place, planned);
        if (!place.hasWork()) {
            open.remove(place);
        }
        return job;
    }

    private Place shallowest() {
        Place best = open.getFirst();
        for (Place place : open) {
            best = place.depth < best.depth ? place : best;
        }
        return best;
    }

    private static Job choice(Place place) {
        int choice = place.nextChoice++;
        Wakeup node = Wakeup.ofChoice(place.planned, choice);
        return new Job(place, choice, place.sleeping, node == null ? null : node.child,
                place.weight / place.parts(), null);
    }

    private static Job branch(Place place, Wakeup branch) {
        long sleeping = place.sleeping | place.tried;
        place.planned = branch.next;
        place.tried |= 1L << branch.taskHere;
        return new Job(place, branch.taskHere, sleeping, branch.child, place.weight / place.parts(), null);
    }

    /// A subtree is explored.
    synchronized void finished(double weight) {
        done += weight;
        working--;
        notifyAll();
    }

    /// {@return the part of the whole that is explored}
    synchronized double done() {
        return done;
    }

    /// Plans another branch at a shared decision, unless what comes first in it does so elsewhere.
    synchronized void plan(Place place, Reordered steps) {
        long known = place.tried | place.sleeping;
        for (Wakeup branch = place.planned; branch != null; branch = branch.next) {
            known |= 1L << branch.taskHere;
        }
        if (steps.hasInitialIn(known)) {
            return;
        }
        Wakeup branch = steps.branch();
        if ((place.enabled >> branch.taskHere & 1) == 0) {
            return;
        }
        if (place.planned == null) {
            open.add(place);
        }
        branch.next = place.planned;
        place.planned = branch;
        notifyAll();
    }

    /// Nobody takes anything any more.
    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    // ---- a moment when nobody explores ----

    /// Between two executions: waits as long as somebody wants everything to rest.
    void rest() {
        if (pausing) {
            waitForEndOfPause();
        }
    }

    private synchronized void waitForEndOfPause() {
        resting++;
        notifyAll();
        while (pausing) {
            waitQuietly();
        }
        resting--;
    }

    private void waitQuietly() {
        try {
            wait();
        } catch (InterruptedException interrupted) {
            stopped = true;
            pausing = false;
            Thread.currentThread().interrupt();
        }
    }

    /// Runs `whileResting` when no explorer is in an execution. Explorers have to call [#rest] between executions.
    synchronized void pause(Runnable whileResting) {
        pausing = true;
        while (pausing && resting < working) {
            waitQuietly();
        }
        whileResting.run();
        pausing = false;
        notifyAll();
    }

    List<Place> open() {
        return open;
    }

    Deque<Job> waiting() {
        return waiting;
    }

    List<Dpor> explorers() {
        return explorers;
    }
}
