package dev.faultline.mutants;

/// A mutant does not come to an end.
public final class TimeIsUp extends Error {
    private static final long serialVersionUID = 1;

    TimeIsUp() {
        super("it does not come to an end");
    }
}
