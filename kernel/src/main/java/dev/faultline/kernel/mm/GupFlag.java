package dev.faultline.kernel.mm;

/// What a caller of get_user_pages asks for (`FOLL_*`).
public enum GupFlag {
    /// The pages will be written.
    WRITE,
    /// Only the lockless walk: never faults, never sleeps.
    FAST_ONLY,
    /// The whole walk, but without handling faults: -EFAULT where one would be needed.
    NOFAULT
}
