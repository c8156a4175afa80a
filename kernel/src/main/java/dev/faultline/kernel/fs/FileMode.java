package dev.faultline.kernel.fs;

/// What an open file can do (`FMODE_*`).
public enum FileMode {
    /// O_DIRECT is supported.
    CAN_ODIRECT
}
