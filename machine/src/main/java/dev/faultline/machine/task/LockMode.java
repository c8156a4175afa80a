package dev.faultline.machine.task;

/// How a lock is taken.
///
/// @param shared   whether others may hold it at the same time
/// @param subclass tells locks of one class apart that are taken one within the other in an order of their own,
///                 as Linux's `_nested` functions do; 0 for the ordinary one
public record LockMode(boolean shared, int subclass) {
    /// For oneself alone.
    public static final LockMode EXCLUSIVE = new LockMode(false, 0);

    /// Together with others.
    public static final LockMode SHARED = new LockMode(true, 0);

    /// {@return that mode for a lock that is taken alone, of the given subclass}
    public static LockMode exclusive(int subclass) {
        return subclass == 0 ? EXCLUSIVE : new LockMode(false, subclass);
    }

    /// {@return that mode for a lock that is shared, of the given subclass}
    public static LockMode shared(int subclass) {
        return subclass == 0 ? SHARED : new LockMode(true, subclass);
    }

    /// {@return what lock orders call a lock of class `what` taken so: Linux's `class/subclass`}
    public String className(String what) {
        return subclass == 0 ? what : what + "/" + subclass;
    }
}
