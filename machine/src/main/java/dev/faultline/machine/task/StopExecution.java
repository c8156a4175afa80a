package dev.faultline.machine.task;

/// Never seen: the type of the expression that ends an execution, so that callers can write `throw`.
/// The task that evaluates it is suspended for good instead of unwound, so no `finally` runs.
public final class StopExecution extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StopExecution() {
        super("an execution that has ended went on", null, false, false);
    }
}
