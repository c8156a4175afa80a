package dev.faultline.live.host;

/// The host cannot run programs: no compiler, no file system of the type, no right to mount it.
public final class HostUnavailable extends Exception {
    /// Why not, in a line for the user.
    public HostUnavailable(String message) {
        super(message);
    }

    /// Why not, in a line for the user, and what brought it up.
    public HostUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
