package dev.faultline.kernel.iomap;

/// What a caller of direct I/O asks for (`IOMAP_DIO_*`).
public enum DioFlag {
    /// If a page of the buffer cannot be had without a fault, transfer what comes before it and say how much
    /// that was.
    PARTIAL,
    /// Wait for the transfer even where whoever made the request does not.
    FORCE_WAIT,
    /// Only onto blocks that hold data, inside the file: -EAGAIN otherwise.
    OVERWRITE_ONLY
}
