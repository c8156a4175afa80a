package dev.faultline.explore.strategy;

import dev.faultline.explore.strategy.Wakeup.Touch;
import dev.faultline.machine.task.Machine;
import org.jspecify.annotations.Nullable;

/// The accesses that planned steps make, so that steps that make the same one share it: a wakeup tree may have millions.
final class Touches {
    private static final int SLOTS = 1 << 10;

    private final @Nullable Touch[] recent = new @Nullable Touch[SLOTS];

    /// {@return that access of a step of the machine; [Touch#NOTHING] if the object is negative}
    Touch of(Machine machine, int object, int access, long mask) {
        if (object < 0) {
            return Touch.NOTHING;
        }
        long name = machine.object(object).stableName();
        int slot = (int) ((name ^ name >>> 32) + access * 31L + mask) & SLOTS - 1;
        Touch touch = recent[slot];
        if (touch == null || touch.object() != name || touch.here() != object || touch.access() != access || touch.mask() != mask) {
            touch = new Touch(name, object, access, mask);
            recent[slot] = touch;
        }
        return touch;
    }
}
