package dev.faultline.live.conform;

import java.util.function.BiPredicate;
import java.util.function.Predicate;

/// A known abstraction of the model: a narrow sort of difference that is none of its mistakes.
///
/// @param name    under which docs/conformance.md gives the reason
/// @param effect  what becomes of the program where it is so
/// @param knows   whether two answers that differ are a case of it
/// @param excuses whether what the model found wrong at the end is one, and so on the host
public record Rule(String name, Effect effect, Predicate<Case> knows, BiPredicate<Case, String> excuses) {
    /// What becomes of a program.
    public enum Effect {
        /// What follows can still be compared.
        GO_ON,
        /// What follows differs because of it.
        STOP
    }

    /// A rule about answers only.
    public Rule(String name, Effect effect, Predicate<Case> knows) {
        this(name, effect, knows, (_, _) -> false);
    }
}
