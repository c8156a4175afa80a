package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.Optional;

/// Where the fault path asks whether the program serves a fault (include/linux/userfaultfd_k.h).
final class Userfault {
    private Userfault() {}

    /// {@return whether faults on missing pages go to the program}
    @Models(file = "include/linux/userfaultfd_k.h", symbol = "userfaultfd_missing")
    static boolean isMissing(Vma vma) {
        return vma.has(VmFlag.UFFD_MISSING);
    }

    /// {@return whether no pages but the one asked for may be mapped}
    @Models(file = "include/linux/userfaultfd_k.h", symbol = "uffd_disable_fault_around")
    static boolean disablesFaultAround(Vma vma) {
        return vma.has(VmFlag.UFFD_WP) || vma.has(VmFlag.UFFD_MINOR);
    }

    /// The contents of a range are going to be given back. The caller holds `mmap_lock` for reading, which is dropped and
    /// taken again where the program wants to read of it first: who fills in what is missing needs the lock.
    ///
    /// @return whether the lock was dropped
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_remove")
    static boolean remove(Vma vma, long start, long end) {
        Optional<UserFaultHandler.Completion> completion =
                vma.userfault().flatMap(handler -> handler.begin(UserFaultHandler.Event.REMOVE));
        if (completion.isEmpty()) {
            return false;
        }
        vma.mm().mmapLock().upRead();
        completion.get().complete(new UserFaultHandler.Happened(UserFaultHandler.Event.REMOVE, start, end, 0));
        vma.mm().mmapLock().downRead();
        return true;
    }

    /// {@return whether a write through the entry is to be told to the program}
    @Models(file = "include/linux/userfaultfd_k.h", symbol = "userfaultfd_pte_wp")
    static boolean isProtected(Vma vma, Pte.Present pte) {
        return vma.has(VmFlag.UFFD_WP) && pte.uffdWp();
    }

    /// {@return whether nobody is asked about a write to a protected page, which is just marked as written}
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_wp_async")
    static boolean isAsync(Vma vma) {
        return vma.userfault().filter(UserFaultHandler::isWpAsync).isPresent();
    }

    /// {@return `entry`, protected if what the fault found in its place says so}
    static Pte.Present protectedAsMarked(VmFault fault, Pte.Present entry) {
        return fault.originalPte() == Pte.Marker.UFFD_WP ? entry.mkUffdWp() : entry;
    }

    /// Looks at the entry under the page-table lock and asks the handler of the area, if it is still `expected`.
    ///
    /// @return [VmFaultResult#DONE] if it is not; [VmFaultResult#SIGBUS] if there is no handler
    static VmFaultResult ask(VmFault fault, Pte expected, UserFaultHandler.Reason reason) {
        if (!fault.slot().read().equals(expected)) {
            return VmFaultResult.DONE;
        }
        return fault.vma().userfault()
                .map(handler -> handler.handleUserfault(fault, reason))
                .orElse(VmFaultResult.SIGBUS);
    }
}
