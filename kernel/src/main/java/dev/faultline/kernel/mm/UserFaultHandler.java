package dev.faultline.kernel.mm;

import java.util.Optional;

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

    /// {@return the name of it in the state of the machine}
    long stableName();

    /// Asks the program and sleeps until it has answered. Called with `mmap_lock` held for reading.
    ///
    /// @return [VmFaultResult#RETRY] with `mmap_lock` dropped; [VmFaultResult#SIGBUS] where the program must not
    ///         be asked, with `mmap_lock` held
    VmFaultResult handleUserfault(VmFault fault, Reason reason);

    /// A change of areas that the program may want to read of (`UFFD_EVENT_*`).
    enum Event { REMAP, REMOVE, UNMAP }

    /// What has changed.
    ///
    /// @param event which change
    /// @param from  the first address
    /// @param to    where the area is now, if it was moved; else the first address behind the range
    /// @param lengthBytes how much was moved
    record Happened(Event event, long from, long to, long lengthBytes) {}

    /// The end of a change that the program wants to read of.
    interface Completion {
        /// Waits until the program has read of the change. Called without `mmap_lock`.
        void complete(Happened happened);

        /// The change has failed: nobody is told.
        void fail();
    }

    /// A change begins: from here on nothing is filled in, until it is completed. Called with `mmap_lock` held.
    ///
    /// @return nothing if the program does not want to read of such changes
    Optional<Completion> begin(Event event);

    /// Who serves a child, after a fork.
    ///
    /// @param child    the handler of its areas
    /// @param complete waits until the program has read of the child; called without `mmap_lock`
    record Forked(UserFaultHandler child, Runnable complete) {}

    /// A process with areas of this handler forks. Called with `mmap_lock` of the parent held for writing.
    ///
    /// @return nothing if the program does not want to serve children: their areas are ordinary
    Optional<Forked> fork(Mm child);
}
