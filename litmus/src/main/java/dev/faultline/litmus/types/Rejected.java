package dev.faultline.litmus.types;

/// Unwinds the checks of one statement or declaration after what is wrong with it was reported.
final class Rejected extends RuntimeException {
    Rejected() {
        super("reported as a diagnostic", null, false, false);
    }
}
