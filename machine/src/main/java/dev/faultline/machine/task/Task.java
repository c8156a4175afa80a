package dev.faultline.machine.task;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One flow of control of the program under exploration, and the step that it will take next.
public final class Task {
    private static final int MOST_ROUNDS_WITHOUT_STEP = 1_000;

    private final Machine machine;
    private int id;
    private final String name;
    private final boolean daemon;
    private final long stableName;
    private int createdAtStep;
    private int parentId;
    private final Coroutine coroutine;
    private final List<Hold> held = new ArrayList<>(4);

    private Object context = "";
    private boolean started;
    private boolean done;
    private boolean halted;
    private int children;
    private int created;
    private String retrySite = "";
    private boolean atRetry;
    private int roundsWithoutStep;
    long localDigest;

    // The pending step: at most two objects, touched together.
    Access access = Access.LOCAL;
    @Nullable SharedObject object;
    long mask;
    Access access2 = Access.LOCAL;
    @Nullable SharedObject object2;
    long mask2;
    @Nullable SecondAccess touched;
    @Nullable BooleanSupplier guard;
    @Nullable Lasso parked;
    int atomicDepth;
    int sleeplessDepth;
    int resumedBy = -1;

    /// A lock that a task holds.
    ///
    /// @param step the number of the step that took it
    public record Hold(SharedObject lock, LockMode mode, int step) {
        /// {@return whether others may hold it at the same time}
        public boolean shared() {
            return mode.shared();
        }
    }

    Task(Machine machine, int id, String name, boolean daemon, @Nullable Task parent, Runnable body) {
        this.machine = machine;
        this.id = id;
        this.name = name;
        this.daemon = daemon;
        this.parentId = parent == null ? -1 : parent.id;
        this.createdAtStep = machine.stepCount();
        this.stableName = parent == null ? Digest.mix(id, 17) : Digest.mix(parent.stableName, ++parent.children);
        this.localDigest = stableName;
        this.coroutine = new Coroutine(() -> {
            try {
                body.run();
            } catch (NotModelled missing) {
                machine.crashed(missing.by(name));
            } catch (Throwable failure) { // reported by the machine as a bug of the model, with its schedule
                machine.crashed(failure);
            }
            done = true;
        });
    }

    /// {@return the number of the task: dense, from 0, in order of creation}
    public int id() {
        return id;
    }

    /// {@return the name that reports use}
    public String name() {
        return name;
    }

    /// {@return whether an execution may end while this task still waits}
    public boolean isDaemon() {
        return daemon;
    }

    /// {@return whether the task has run to its end}
    public boolean isDone() {
        return done;
    }

    /// {@return the name of the task in every execution of the program}
    public long stableName() {
        return stableName;
    }

    /// {@return the number of steps that the phase had when this task was made; 0 if it was made before the phase}
    public int createdAtStep() {
        return createdAtStep;
    }

    /// {@return the number of the task that made this one, -1 for none of this phase}
    public int parentId() {
        return parentId;
    }

    /// {@return whether the pending step can be taken now}
    public boolean isEnabled() {
        if (done || !started) {
            return false;
        }
        if (parked != null) {
            return parked.isBroken();
        }
        SharedObject first = object;
        if (first == null) {
            return true;
        }
        BooleanSupplier condition = guard;
        if (condition != null && !condition.getAsBoolean()) {
            return false;
        }
        return first.permits(this);
    }

    /// {@return how the pending step touches its first object}
    public Access access() {
        return access;
    }

    /// {@return the index of the first object of the pending step, -1 for none}
    public int objectIndex() {
        return object == null ? -1 : object.index();
    }

    /// {@return the parts of the first object that the pending step concerns}
    public long mask() {
        return mask;
    }

    /// {@return how the pending step touches its second object}
    public Access access2() {
        return access2;
    }

    /// {@return the index of the second object of the pending step, -1 for none}
    public int objectIndex2() {
        return object2 == null ? -1 : object2.index();
    }

    /// {@return the parts of the second object that the pending step concerns}
    public long mask2() {
        return mask2;
    }

    /// {@return whether how the pending step touches its objects, and which the second one is, depends on the
    /// state of the first}
    public boolean isStateDependent() {
        return touched != null;
    }

    /// {@return whether the pending step waits for a condition over its first object}
    public boolean isGuarded() {
        return guard != null;
    }

    /// Brings what the pending step would touch up to date with the present state. To be called before its
    /// accesses are looked at, as steps of other tasks may have changed them since the step was announced.
    public void refreshPending() {
        SecondAccess asked = touched;
        if (asked != null) {
            object2 = null;
            access2 = Access.LOCAL;
            asked.announce(this);
        }
    }

    /// {@return the first object of the pending step}
    ///
    /// @throws IllegalStateException if the pending step has none
    public SharedObject object() {
        SharedObject first = object;
        if (first == null) {
            throw new IllegalStateException(name + " has no shared object pending");
        }
        return first;
    }

    /// {@return whether the task waits at a retry point for a change that would make its loop go differently}
    public boolean isParked() {
        return parked != null;
    }

    /// {@return the retry loop that the task started over last, empty if it never did}
    public String retrySite() {
        return retrySite;
    }

    void startsOver(String site, long digest) {
        roundsWithoutStep = atRetry ? roundsWithoutStep + 1 : 0;
        if (roundsWithoutStep > MOST_ROUNDS_WITHOUT_STEP) {
            throw new AssertionError(site + " goes round without a step");
        }
        retrySite = site;
        localDigest = digest;
        atRetry = true;
    }

    /// {@return a hash of where the task stands: of what it has seen, and of what it will do next unless it
    /// stands at a retry point, where that is not known before it goes on}
    long whereabouts() {
        SharedObject next = object;
        if (done) {
            return 1;
        }
        return atRetry || next == null ? localDigest : Digest.mix(localDigest, next.digestName() + access.ordinal());
    }

    int resumedBy() {
        return resumedBy;
    }

    /// {@return whether the last step was announced as one that touches `any`, in whichever way}
    public boolean touches(SharedObject any) {
        return any == object || any == object2;
    }

    /// {@return whether the last step was announced as one that changes `any`, in some part}
    public boolean changes(SharedObject any) {
        return any == object && access.changes() || any == object2 && access2.changes();
    }

    /// {@return whether the last step was announced as one that changes those parts of `any`}
    public boolean changes(SharedObject any, long parts) {
        return any == object && access.changes() && (parts & ~mask) == 0
                || any == object2 && access2.changes() && (parts & ~mask2) == 0;
    }

    /// The pending step is taken.
    void takes() {
        SharedObject touches = object;
        if (touches != null) {
            atRetry = false;
            learn(touches.stableName() + access.ordinal());
        }
    }

    /// Attaches what the program under exploration knows about this task.
    public void setContext(Object what) {
        context = what;
    }

    /// {@return what [#setContext] attached}
    ///
    /// @throws IllegalStateException if that is nothing of this type
    public <T> T context(Class<T> type) {
        if (!type.isInstance(context)) {
            throw new IllegalStateException(name + " has no " + type.getSimpleName());
        }
        return type.cast(context);
    }

    /// {@return the locks that the task holds, in the order in which it took them}
    public List<Hold> held() {
        return held;
    }

    /// Notes that the task holds `lock` from now on.
    public void holds(SharedObject lock, LockMode mode) {
        held.add(new Hold(lock, mode, machine.stepCount()));
        machine.took(this, lock, mode);
    }

    /// Notes that the task no longer holds `lock`.
    ///
    /// @return whether it held it
    public boolean drops(SharedObject lock) {
        int at = indexOf(lock);
        if (at >= 0) {
            held.remove(at);
        }
        return at >= 0;
    }

    /// {@return whether the task holds `lock`, in whichever way}
    public boolean isHolding(SharedObject lock) {
        return indexOf(lock) >= 0;
    }

    /// {@return how the task took `lock` last}
    ///
    /// @throws IllegalStateException if it does not hold it
    public LockMode modeOf(SharedObject lock) {
        int at = indexOf(lock);
        if (at < 0) {
            throw new IllegalStateException(name + " does not hold " + lock);
        }
        return held.get(at).mode();
    }

    private int indexOf(SharedObject lock) {
        for (int i = held.size() - 1; i >= 0; i--) {
            if (held.get(i).lock() == lock) {
                return i;
            }
        }
        return -1;
    }

    /// Folds what a step told the task into the digest of where it stands.
    public void learn(long value) {
        localDigest = Digest.mix(localDigest, value);
    }

    long nextName() {
        return Digest.mix(stableName, ++created);
    }

    /// Goes on into another phase, as a task that was there from its start.
    void carryOver(int newId) {
        id = newId;
        createdAtStep = 0;
        parentId = -1;
        Lasso waiting = parked;
        if (waiting != null) {
            waiting.carryOver(newId);
        }
    }

    /// The task takes no further step.
    void halt() {
        done = true;
        halted = true;
    }

    boolean isHalted() {
        return halted;
    }

    boolean isStarted() {
        return started;
    }

    void resume() {
        started = true;
        coroutine.resume();
    }

    void pend(Access access, @Nullable SharedObject object, long mask) {
        this.access = access;
        this.object = object;
        this.mask = mask;
        this.access2 = Access.LOCAL;
        this.object2 = null;
        this.mask2 = 0;
        this.guard = null;
        this.touched = null;
    }

    @Override
    public String toString() {
        return name;
    }
}
