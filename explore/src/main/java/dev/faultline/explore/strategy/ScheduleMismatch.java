package dev.faultline.explore.strategy;

/// A schedule is not one of the program that it was to be followed in.
public final class ScheduleMismatch extends RuntimeException {
    private static final long serialVersionUID = 1;

    ScheduleMismatch(String message) {
        super(message);
    }
}
