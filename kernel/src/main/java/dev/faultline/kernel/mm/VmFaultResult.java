package dev.faultline.kernel.mm;

/// What handling a fault came to: a set of `VM_FAULT_*` bits.
public record VmFaultResult(int bits) {
    /// The entry is installed, by us or by somebody else: the access is restarted.
    public static final VmFaultResult DONE = new VmFaultResult(0);

    /// No memory.
    public static final VmFaultResult OOM = new VmFaultResult(0x1);

    /// No such page: beyond the end of the file, or an I/O error.
    public static final VmFaultResult SIGBUS = new VmFaultResult(0x2);

    /// I/O was needed.
    public static final VmFaultResult MAJOR = new VmFaultResult(0x4);

    /// A private page was copied, or found to be the entry's own, for a write. Nobody looks at it today.
    public static final VmFaultResult WRITE = new VmFaultResult(0x8);

    /// The page is poisoned.
    public static final VmFaultResult HWPOISON = new VmFaultResult(0x10);

    /// The access is not permitted.
    public static final VmFaultResult SIGSEGV = new VmFaultResult(0x40);

    /// The handler installed the entry itself, or wants a plain restart.
    public static final VmFaultResult NOPAGE = new VmFaultResult(0x100);

    /// The folio is returned locked.
    public static final VmFaultResult LOCKED = new VmFaultResult(0x200);

    /// `mmap_lock` was dropped; try again.
    public static final VmFaultResult RETRY = new VmFaultResult(0x400);

    private static final int ERRORS = 0x1 | 0x2 | 0x10 | 0x40;

    /// {@return whether any bit of `other` is set}
    public boolean has(VmFaultResult other) {
        return (bits & other.bits) != 0;
    }

    /// {@return whether the fault failed (`VM_FAULT_ERROR`)}
    public boolean isError() {
        return (bits & ERRORS) != 0;
    }

    /// {@return both sets of bits}
    public VmFaultResult and(VmFaultResult other) {
        return new VmFaultResult(bits | other.bits);
    }
}
