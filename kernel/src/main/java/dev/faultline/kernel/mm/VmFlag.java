package dev.faultline.kernel.mm;

/// Properties of an area (`VM_*`).
public enum VmFlag {
    READ, WRITE, EXEC, SHARED, MAYREAD, MAYWRITE,
    /// Memory-mapped I/O: never touched behind the driver's back.
    IO,
    /// Raw page frames without a `struct page` to use.
    PFNMAP
}
