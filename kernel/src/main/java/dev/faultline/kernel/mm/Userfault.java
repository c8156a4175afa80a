package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;

/// Where the fault path asks whether the program serves a fault (include/linux/userfaultfd_k.h).
final class Userfault {
    private Userfault() {}

    /// {@return whether faults on missing pages go to the program}
    @Models(file = "include/linux/userfaultfd_k.h", symbol = "userfaultfd_missing")
    static boolean isMissing(Vma vma) {
        return vma.has(VmFlag.UFFD_MISSING);
    }

    /// A fault on an anonymous page that is not there: looks at the entry under the page-table lock, and asks.
    static VmFaultResult missing(VmFault fault) {
        if (!fault.slot().read().equals(fault.originalPte())) {
            return VmFaultResult.DONE;
        }
        return ask(fault, UserFaultHandler.Reason.MISSING);
    }

    /// {@return what the handler of the area says; [VmFaultResult#SIGBUS] if there is none}
    static VmFaultResult ask(VmFault fault, UserFaultHandler.Reason reason) {
        return fault.vma().userfault()
                .map(handler -> handler.handleUserfault(fault, reason))
                .orElse(VmFaultResult.SIGBUS);
    }
}
