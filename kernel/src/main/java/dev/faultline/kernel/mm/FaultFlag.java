package dev.faultline.kernel.mm;

/// How a fault came about and what the handler may do (`FAULT_FLAG_*`).
public enum FaultFlag {
    /// The access is a write.
    WRITE,
    /// The page must become this process's own, for reading: a pin is about to be taken. Never with WRITE.
    UNSHARE,
    /// A handler that must wait may drop `mmap_lock` first and return [VmFaultResult#RETRY].
    ALLOW_RETRY,
    /// With ALLOW_RETRY: a handler that must wait returns [VmFaultResult#RETRY] at once and keeps its lock.
    RETRY_NOWAIT,
    /// A second attempt after [VmFaultResult#RETRY].
    TRIED,
    /// The access came from user mode.
    USER,
    /// The lock of the area is held, not `mmap_lock`.
    VMA_LOCK
}
