package dev.faultline.kernel.mm;

/// A signal that ends the thread that gets it.
public enum Signal {
    SIGILL(4), SIGABRT(6), SIGBUS(7), SIGFPE(8), SIGKILL(9), SIGSEGV(11), SIGPIPE(13);

    private final int number;

    Signal(int number) {
        this.number = number;
    }

    /// {@return the number of the signal on x86-64}
    public int number() {
        return number;
    }
}
