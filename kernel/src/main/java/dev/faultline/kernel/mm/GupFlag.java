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
    /// Reads what the program may not read, and writes to private mappings that it may not write to: as a debugger does.
    FORCE,
    /// Anonymous memory only.
    ANON,
    /// The call may give `mmap_lock` up to wait, and take it again. Inside get_user_pages; callers that hold the lock
    /// themselves and cannot have it dropped do without.
    UNLOCKABLE,
    /// Poisoned pages are told from others that cannot be had: -EHWPOISON.
    HWPOISON,
    /// A page that would have to be waited for ends the walk, without an error; `mmap_lock` is not given up. What a handler
    /// can do without waiting for somebody else is done.
    NOWAIT,
    /// The whole walk, but without handling faults: -EFAULT where one would be needed.
    NOFAULT
}
