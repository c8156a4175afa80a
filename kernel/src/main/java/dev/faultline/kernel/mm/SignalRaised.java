package dev.faultline.kernel.mm;

/// A thread in user mode gets a signal, by its own access or on its way back from the kernel: unwinds the program, never
/// the kernel.
public final class SignalRaised extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Signal signal;

    /// The delivery of `signal`.
    public SignalRaised(Signal signal) {
        super(signal.name(), null, false, false);
        this.signal = signal;
    }

    /// {@return the signal}
    public Signal signal() {
        return signal;
    }
}
