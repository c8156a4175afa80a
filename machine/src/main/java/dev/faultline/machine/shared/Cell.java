package dev.faultline.machine.shared;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.StateObject;
import dev.faultline.machine.task.Task;
import java.util.function.LongPredicate;

/// A word that tasks read and write, each access one step. Bits can be touched apart from each other:
/// accesses with disjoint masks commute.
public final class Cell extends SharedObject {
    private static final long ALL = -1L;

    private final long initial;
    private long value;
    private long changing;

    /// A new word.
    ///
    /// @param what the word for it in the field
    /// @param of   whose it is
    public Cell(Machine machine, String what, Object of, long initial) {
        super(machine, what, of);
        this.initial = initial;
        this.value = initial;
    }

    /// A word that is part of `parent`, named by a key unique within it.
    public Cell(StateObject parent, long key, String what, Object of, long initial) {
        super(parent, key, what, of);
        this.initial = initial;
        this.value = initial;
    }

    /// {@return the value} One step.
    public long read() {
        machine().step(this, Access.READ, ALL);
        machine().current().learn(value);
        return value;
    }

    /// Changes the value. One step.
    public void write(long newValue) {
        machine().step(this, Access.WRITE, ALL);
        set(newValue);
    }

    /// Adds to the value without looking at it: two additions commute. One step.
    public void add(long delta) {
        machine().step(this, Access.ADD, ALL);
        set(value + delta);
    }

    /// Adds to the value. One step.
    ///
    /// @return the value afterwards
    public long addAndGet(long delta) {
        machine().step(this, Access.WRITE, ALL);
        set(value + delta);
        machine().current().learn(value);
        return value;
    }

    /// Replaces `expected` by `newValue` and leaves any other value. One step.
    ///
    /// @return whether the value was `expected`
    public boolean compareAndSet(long expected, long newValue) {
        machine().step(this, Access.WRITE, ALL);
        machine().current().learn(value);
        if (value != expected) {
            return false;
        }
        set(newValue);
        return true;
    }

    /// {@return the bits of the value that are in `mask`} One step, which only accesses to those bits disturb.
    public long readBits(long mask) {
        machine().step(this, Access.READ, mask);
        machine().current().learn(value & mask);
        return value & mask;
    }

    /// Sets the bits in `mask`. One step.
    public void setBits(long mask) {
        machine().step(this, Access.WRITE, mask);
        set(value | mask);
    }

    /// Clears the bits in `mask`. One step.
    ///
    /// @return those of them that were set
    public long clearBits(long mask) {
        machine().step(this, Access.WRITE, mask);
        long were = value & mask;
        machine().current().learn(were);
        set(value & ~mask);
        return were;
    }

    /// Clears the bits in `from`, and sets those in `to` if any of them was set. One step.
    ///
    /// @return those of them that were set
    public long moveBits(long from, long to) {
        machine().step(this, Access.WRITE, from | to);
        long were = value & from;
        machine().current().learn(were);
        set(were == 0 ? value : value & ~from | to);
        return were;
    }

    /// Waits until the value is as asked. One step, disabled until then.
    public void await(LongPredicate asked) {
        machine().await(this, ALL, () -> asked.test(value));
    }

    /// Waits until all bits in `mask` are clear. One step, disabled until then.
    public void awaitClear(long mask) {
        machine().await(this, mask, () -> (value & mask) == 0);
    }

    /// Touches the word in a step of kind `access` and goes on atomically: [#peek] and [#poke] are the
    /// rest of that step.
    public void touch(Access access) {
        machine().step(this, access, ALL);
    }

    /// {@return the value, without a step: for the task whose last step touched this word, for parts of an
    /// execution that run alone, and for reports}
    public long peek() {
        return value;
    }

    /// Changes the value within a step that was announced as a change of this word.
    public void poke(long newValue) {
        set(newValue);
    }

    /// Gives a word its value that only the running task knows: of a new object, or one that is gone. No step.
    public void pokeUnseen(long newValue) {
        if (newValue != value) {
            value = newValue;
            changedUnseen();
        }
    }

    private void set(long newValue) {
        if (newValue != value) {
            changing = newValue ^ value;
            value = newValue;
            changed();
        }
    }

    @Override
    protected boolean isChangedBy(Task task) {
        return task.changes(this, changing);
    }

    @Override
    protected long stateHash() {
        return value == initial ? 0 : Digest.mix(value, 3);
    }
}
