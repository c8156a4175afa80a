package dev.faultline.kernel.mm;

/// What a caller of get_user_pages asks for (`FOLL_*`).
public enum GupFlag {
    /// The pages will be written.
    WRITE,
    /// The pages are pinned, not only referenced: their bytes will be read or written behind the processor's back.
    PIN,
    /// With PIN: for as long as the program likes.
    LONGTERM,
    /// Only the lockless walk: never faults, never sleeps.
    FAST_ONLY,
    /// The whole walk, but without handling faults: -EFAULT where one would be needed.
    NOFAULT
}
