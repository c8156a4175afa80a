package dev.faultline.kernel.fs.gfs2;

/// The states of a cluster lock (`LM_ST_*`).
public enum LockState {
    /// Not held.
    UNLOCKED,
    /// Many may read and cache what they read.
    SHARED,
    /// Many may do direct I/O; nobody caches.
    DEFERRED,
    /// One alone may do anything.
    EXCLUSIVE;

    /// {@return whether two holders, or two nodes, can have these states at once}
    public boolean isCompatibleWith(LockState other) {
        return this == UNLOCKED || other == UNLOCKED || this == other && this != EXCLUSIVE;
    }

    /// {@return whether a node that has the lock in this state can let somebody hold it as `wanted` without
    /// asking the cluster}
    boolean covers(LockState wanted) {
        return this == wanted || this == EXCLUSIVE && wanted != UNLOCKED;
    }
}
