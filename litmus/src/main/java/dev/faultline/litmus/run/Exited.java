package dev.faultline.litmus.run;

/// The program has called `_exit`: unwinds it.
final class Exited extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    Exited(int status) {
        super("_exit(" + status + ")", null, false, false);
        this.status = status;
    }

    /// {@return the exit status, of which the low 8 bits count}
    int status() {
        return status;
    }
}
