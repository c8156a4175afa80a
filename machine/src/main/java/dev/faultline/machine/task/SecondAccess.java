package dev.faultline.machine.task;

/// Says which second object a step touches, as far as the present state tells.
public interface SecondAccess {
    /// Calls [#touch] with the second object, or does nothing if there is none.
    void announce(Task task);

    /// Makes `object` the second object of the pending step of `task`.
    static void touch(Task task, SharedObject object, Access access, long mask) {
        task.object2 = object;
        task.access2 = access;
        task.mask2 = mask;
    }
}
