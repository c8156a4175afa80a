package dev.faultline.kernel.fs;

/// What an open file can do (`FMODE_*`).
public enum FileMode {
    /// O_DIRECT is supported.
    CAN_ODIRECT,
    /// There is no position: reads need no lock of it, and pread fails.
    STREAM,
    /// Requests may ask not to wait (`FMODE_NOWAIT`).
    NOWAIT,
    /// Requests may ask that what they bring into the cache does not stay (`FOP_DONTCACHE`).
    DONTCACHE,
    /// The file cannot be mapped.
    NO_MMAP,
    /// The file lies where nothing is executed (`path_noexec`).
    NO_EXEC,
    /// The file cannot be mapped shared through a descriptor for writing.
    NO_SHARED_WRITE,
    /// The file system is mounted to be read only.
    READ_ONLY
}
