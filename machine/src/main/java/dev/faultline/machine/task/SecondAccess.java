package dev.faultline.machine.task;

/// Says which second object a step touches, as far as the present state tells.
///
/// What it says may depend only on state whose change by another task is a step that the first access
/// is dependent with.
public interface SecondAccess {
    /// Calls [#touch] with the second object, or does nothing if there is none; may also call [#first].
    void announce(Task task);

    /// Changes how the pending step of `task` touches its first object.
    static void first(Task task, Access access) {
        task.access = access;
    }

    /// Makes `object` the second object of the pending step of `task`.
    static void touch(Task task, SharedObject object, Access access, long mask) {
        task.object2 = object;
        task.access2 = access;
        task.mask2 = mask;
    }
}
