package dev.faultline.kernel.fs.gfs2;

import dev.faultline.machine.task.LockMode;
import dev.faultline.machine.task.Task;

/// A task's claim to a glock (`struct gfs2_holder`): it waits, then holds.
public final class GlockHolder {
    private final Glock glock;
    private final Task task;
    private final LockState state;
    private final boolean takesAny;
    private boolean granted;
    private boolean queued;

    GlockHolder(Glock glock, Task task, LockState state, boolean takesAny) {
        this.glock = glock;
        this.task = task;
        this.state = state;
        this.takesAny = takesAny;
    }

    /// {@return the glock}
    public Glock glock() {
        return glock;
    }

    /// {@return whose claim it is}
    public Task task() {
        return task;
    }

    /// {@return what is claimed}
    public LockState state() {
        return state;
    }

    /// {@return whether the claim is granted (`HIF_HOLDER`); guarded by the glock}
    public boolean isGranted() {
        return granted;
    }

    /// {@return whether the claim is on the queue; guarded by the glock}
    public boolean isQueued() {
        return queued;
    }

    /// {@return whether any state but unlocked will do}
    boolean takesAny() {
        return takesAny;
    }

    /// {@return the claim as lockdep sees it; Linux's does not look at glocks}
    LockMode mode() {
        return state == LockState.EXCLUSIVE ? LockMode.EXCLUSIVE : LockMode.SHARED;
    }

    void setGranted(boolean value) {
        if (value && !granted) {
            task.holds(glock, mode());
        } else if (!value && granted) {
            task.drops(glock);
        }
        granted = value;
    }

    void setQueued(boolean value) {
        queued = value;
    }
}
