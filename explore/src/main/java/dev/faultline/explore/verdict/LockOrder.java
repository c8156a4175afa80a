package dev.faultline.explore.verdict;

import dev.faultline.machine.schedule.Schedule;
import java.util.Comparator;

/// A lock of one class was held where one of another class, or another one of the same, was to be taken.
///
/// @param held         the class of the lock that was held
/// @param heldShared   whether it was held together with others
/// @param wanted       the class of the lock that was to be taken
/// @param wantedShared whether it was to be taken together with others
/// @param task         who did so
/// @param schedule     the explored part of an execution that leads there; the rest of the way is the only one
public record LockOrder(
        String held, boolean heldShared, String wanted, boolean wantedShared, String task, Schedule schedule) {
    /// By the names of the classes.
    public static final Comparator<LockOrder> BY_CLASS =
            Comparator.comparing(LockOrder::held).thenComparing(LockOrder::wanted);

    /// {@return whether this is about the same classes in the same order}
    public boolean isSameAs(LockOrder other) {
        return held.equals(other.held) && wanted.equals(other.wanted);
    }
}
