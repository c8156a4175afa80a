package dev.faultline.live.conform;

import java.util.List;

/// A known abstraction of the model: a narrow sort of difference that is none of its mistakes.
public interface Rule {
    /// What a rule says to a difference.
    enum Effect {
        /// The rule does not know it.
        NONE,
        /// It is as known, and what follows can still be compared.
        GO_ON,
        /// It is as known, and what follows differs because of it.
        STOP
    }

    /// {@return the name under which docs/conformance.md gives the reason}
    String name();

    /// Looks at two answers that differ.
    ///
    /// @param program all of it
    /// @param index   the call among [Program#withLook]
    /// @param model   what the model answered, call by call
    Effect explains(Program program, int index, List<Answer> model, Answer host);

    /// {@return whether what the model found wrong at the end is as known, and so on the host}
    ///
    /// @param model what the model answered, call by call
    /// @param wrong what it found
    default boolean excuses(Program program, List<Answer> model, String wrong) {
        return false;
    }
}
