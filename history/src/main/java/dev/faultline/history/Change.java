package dev.faultline.history;

import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.lib.Parts;
import java.util.Optional;

/// A part of the kernel that a patch replaces.
///
/// @param before the form without the patch; empty for today's
/// @param after  the form with it; empty for today's
public record Change<T>(Part<T> part, Optional<T> before, Optional<T> after) {
    /// {@return a change to today's form}
    static <T> Change<T> fromToday(Part<T> part, T after) {
        return new Change<>(part, Optional.empty(), Optional.of(after));
    }

    /// {@return a change that led to today's form}
    static <T> Change<T> toToday(Part<T> part, T before) {
        return new Change<>(part, Optional.of(before), Optional.empty());
    }

    /// {@return a change between two forms of the past}
    static <T> Change<T> between(Part<T> part, T before, T after) {
        return new Change<>(part, Optional.of(before), Optional.of(after));
    }

    /// {@return whether the part is as it is without the patch}
    boolean fits(Parts parts) {
        return parts.replacement(part).equals(before);
    }

    /// {@return whether the part is as it is with the patch}
    boolean isIn(Parts parts) {
        return parts.replacement(part).equals(after);
    }

    /// {@return the kernel with the change}
    Parts apply(Parts parts) {
        return put(parts, after);
    }

    /// {@return the kernel without the change}
    Parts revert(Parts parts) {
        return put(parts, before);
    }

    private Parts put(Parts parts, Optional<T> form) {
        return form.isPresent() ? parts.with(part, form.get()) : parts.withToday(part);
    }
}
