package dev.faultline.kernel.pagecache;

/// What a read from the page cache must not do (`IOCB_*`).
public enum ReadFlag {
    /// Must not start I/O: -EAGAIN instead.
    NOIO,
    /// Must not wait for I/O, though it may start it: -EAGAIN instead.
    NOWAIT
}
