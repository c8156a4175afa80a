package dev.faultline.machine.task;

import java.util.List;

/// Something that several tasks touch, one step at a time.
///
/// @see StateObject
public abstract class SharedObject extends StateObject {
    private final String what;
    private final Object of;
    private final int index;

    /// A new object.
    ///
    /// @param what the word for it in the field, e.g. `mmap_lock`; for a lock, the name of its class
    /// @param of   whose it is; its `toString` completes the label, and is called for reports only
    @SuppressWarnings("this-escape") // registered for its index; nothing looks at it before a step
    protected SharedObject(Machine machine, String what, Object of) {
        super(machine);
        this.what = what;
        this.of = of;
        this.index = machine.register(this);
    }

    /// A part of `parent`, named by a key that is unique within it.
    @SuppressWarnings("this-escape") // as above
    protected SharedObject(StateObject parent, long key, String what, Object of) {
        super(parent, key);
        this.what = what;
        this.of = of;
        this.index = machine().register(this);
    }

    /// {@return the number of the object in this execution: dense, from 0, in order of creation}
    public final int index() {
        return index;
    }

    /// {@return the word for this sort of object; for locks the lock class}
    public final String what() {
        return what;
    }

    /// {@return the object in a reader's words, e.g. `mmap_lock of process a`}
    public final String label() {
        String whose = of.toString();
        return whose.isEmpty() ? what : what + " of " + whose;
    }

    /// {@return whether the pending step of `task`, which concerns this object, can be taken now}
    protected boolean permits(Task task) {
        return true;
    }

    /// {@return whether the step that `task` takes was announced as one that changes this object} A wrong announcement would
    /// hide interleavings. Objects for which another one stands in announcements, or whose changes by several tasks commute,
    /// say so here.
    protected boolean isChangedBy(Task task) {
        return task.changes(this);
    }

    @Override
    final boolean isAnnounced() {
        return machine().isKnownToOne(this) || isChangedBy(machine().current());
    }

    /// {@return whether a task that holds this lock may leave it to somebody else to give it up}
    public boolean isHandedOver() {
        return false;
    }

    /// {@return whether `holder`, which holds this lock, would lose it at once to whoever waits for it, so that nobody
    /// waits for what `holder` does}
    public boolean isGivenUpOnDemand(Task holder) {
        return false;
    }

    /// {@return the tasks that a task waiting for this object waits for, as far as that is known}
    public List<Task> holders() {
        return List.of();
    }

    @Override
    public final String toString() {
        return label();
    }
}
