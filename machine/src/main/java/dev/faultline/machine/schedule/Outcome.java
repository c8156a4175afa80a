package dev.faultline.machine.schedule;

import java.util.List;

/// What one execution came to: the values of the observables that the program names, in its order.
public record Outcome(List<Long> values) {
    /// An outcome without observables.
    public static final Outcome NONE = new Outcome(List.of());

    /// Copies the list.
    public Outcome {
        values = List.copyOf(values);
    }

    /// {@return the outcome with these values}
    public static Outcome of(Long... values) {
        return new Outcome(List.of(values));
    }
}
