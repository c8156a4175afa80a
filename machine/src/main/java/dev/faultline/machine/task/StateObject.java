package dev.faultline.machine.task;

import org.jspecify.annotations.Nullable;

/// A part of the state that all tasks share, with a name that does not depend on the schedule: the task
/// that created it and the how-manieth it was, or its parent and a key.
///
/// The machine keeps a digest of the whole state, brought up to date at retry points only. State that a
/// lock of the model protects needs no step of its own; it extends this class and calls [#changed].
public abstract class StateObject {
    private final Machine machine;
    private final long name;
    private final @Nullable StateObject parent;
    private final long key;
    private boolean dirty;
    private long contribution0;
    private long contribution1;

    /// A new object, named by the running task and the number of objects that it made before.
    protected StateObject(Machine machine) {
        this.machine = machine;
        this.name = machine.nextName();
        this.parent = null;
        this.key = 0;
    }

    /// A part of `parent`, named by a key that is unique within it. For parts made at first touch, by
    /// whichever task comes first.
    protected StateObject(StateObject parent, long key) {
        this.machine = parent.machine;
        this.parent = parent;
        this.key = key;
        this.name = Digest.mix(parent.name, key + 0x5bd1e995L);
    }

    /// {@return the machine whose state this is part of}
    public final Machine machine() {
        return machine;
    }

    /// {@return the name that identifies the object in every execution of the program}
    public final long stableName() {
        return name;
    }

    /// {@return a hash of the present state; 0 in the state that the object was made in}
    protected abstract long stateHash();

    /// Says that the state may differ from what it was. Cheap; may be called too often, never too seldom.
    protected final void changed() {
        assert isAnnounced() : "changed though no step says so: " + this;
        changedUnseen();
    }

    /// As [#changed], where the change needs no step because no other task can notice it: nobody else knows the object yet,
    /// or any more, or a lock that the task holds keeps others from looking.
    protected final void changedUnseen() {
        machine.changed();
        if (!dirty) {
            dirty = true;
            machine.addDirty(this);
        }
    }

    /// What the digest calls this object: by default its stable name, or that of its parent and its key.
    /// Objects whose identity is reused (page frames) say which one they stand for, so that a state can
    /// recur; once one is given up its parts must be back in the state they were made in.
    protected long digestName() {
        StateObject whole = parent;
        return whole == null ? name : Digest.mix(whole.digestName(), key);
    }

    /// {@return whether the step that the running task takes may change the object}
    boolean isAnnounced() {
        return true;
    }

    void updateDigest(Digest digest) {
        dirty = false;
        digest.remove(contribution0, contribution1);
        long hash = stateHash();
        if (hash == 0) {
            contribution0 = 0;
            contribution1 = 0;
        } else {
            long mixed = Digest.mix(digestName(), hash);
            contribution0 = mixed;
            contribution1 = Digest.mix(mixed, 0x9e3779b97f4a7c15L ^ hash);
            digest.add(contribution0, contribution1);
        }
    }
}
