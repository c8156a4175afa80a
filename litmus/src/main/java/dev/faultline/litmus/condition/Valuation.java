package dev.faultline.litmus.condition;

/// What one execution made of the observables.
@FunctionalInterface
public interface Valuation {
    /// {@return the value of `observable` in the canonical form of its type}
    long value(Observable observable);
}
