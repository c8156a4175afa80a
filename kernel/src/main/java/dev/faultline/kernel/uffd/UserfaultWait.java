package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.mm.UserFaultHandler.Reason;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;

/// What a fault looks at before it goes to sleep.
public class UserfaultWait {
    /// The seam at which other forms plug in.
    public static final Part<UserfaultWait> PART = new Part<>("uffd.UserfaultWait", UserfaultWait.class);

    /// Today's form.
    public UserfaultWait() {}

    /// {@return whether the fault, which is queued by now, is still unresolved} Without the page-table lock.
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_must_wait")
    protected boolean mustWait(PteSlot slot, Reason reason) {
        return switch (slot.read()) {
            case Pte.None _, Pte.Marker _ -> true;
            case Pte.Swap _, Pte.Migration _ -> false;
            case Pte.Present present -> reason == Reason.WP && !present.writable();
        };
    }

    /// Answers a fault whose file is being closed. Called with the lock of the fault held; the close waits for it,
    /// to make the area ordinary.
    protected VmFaultResult released(VmFault fault) {
        fault.releaseLock();
        return VmFaultResult.RETRY;
    }
}
