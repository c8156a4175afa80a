package dev.faultline.machine.task;

/// A program asks for something that Linux has and the model has not: there is no verdict about it, in any schedule.
///
/// Tasks throw it; it comes out of the exploration.
public final class NotModelled extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// @param what what is asked for, as the end of "there is no model of …"
    public NotModelled(String what) {
        super("there is no model of " + what);
    }

    private NotModelled(String message, NotModelled cause) {
        super(message, cause);
    }

    /// {@return the same, with the task that asked}
    NotModelled by(String task) {
        return new NotModelled(task + ": " + getMessage(), this);
    }
}
