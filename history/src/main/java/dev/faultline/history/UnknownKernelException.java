package dev.faultline.history;

/// A kernel or patch was asked for that nobody knows: bad input, with a message for its author.
public final class UnknownKernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// With that message, which names what was asked for and what there is.
    UnknownKernelException(String message) {
        super(message);
    }
}
