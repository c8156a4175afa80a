package dev.faultline.kernel.mm;

/// Who serves the faults of an area that the program handles itself: a `struct userfaultfd_ctx` as the fault path
/// sees it.
public interface UserFaultHandler {
    /// Why the program is asked (`VM_UFFD_*`).
    enum Reason {
        /// Nothing is mapped, and for files nothing is cached.
        MISSING,
        /// The entry is write-protected for the program's sake.
        WP,
        /// The page is cached but not mapped.
        MINOR
    }

    /// {@return whether writes to protected pages are only recorded (`UFFD_FEATURE_WP_ASYNC`)} One step.
    boolean isWpAsync();

    /// {@return whether pages that are not there can be protected (`UFFD_FEATURE_WP_UNPOPULATED`)} One step.
    boolean marksUnpopulated();

    /// Asks the program and sleeps until it has answered. Called with `mmap_lock` held for reading.
    ///
    /// @return [VmFaultResult#RETRY] with `mmap_lock` dropped; [VmFaultResult#SIGBUS] where the program must not
    ///         be asked, with `mmap_lock` held
    VmFaultResult handleUserfault(VmFault fault, Reason reason);
}
