package dev.faultline.kernel.fs.gfs2;

import dev.faultline.machine.task.Task;

/// A task's claim to a glock (`struct gfs2_holder`): it waits, then holds.
public final class GlockHolder {
    private final Glock glock;
    private final Task task;
    private final LockState state;
    private boolean granted;
    private boolean queued;

    GlockHolder(Glock glock, Task task, LockState state) {
        this.glock = glock;
        this.task = task;
        this.state = state;
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

    void setGranted(boolean value) {
        granted = value;
    }

    void setQueued(boolean value) {
        queued = value;
    }
}
