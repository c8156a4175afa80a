package dev.faultline.kernel.uapi;

/// Constants of `<poll.h>`.
public final class Poll {
    public static final int POLLIN = 1;
    public static final int POLLOUT = 4;
    public static final int POLLERR = 8;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;
    public static final int POLLRDNORM = 0x40;
    public static final int POLLWRNORM = 0x100;

    /// What a file says that never makes anybody wait.
    public static final int DEFAULT = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

    private Poll() {}
}
