package dev.faultline.history.uffd;

import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.mm.UserFaultHandler.Reason;
import dev.faultline.kernel.uffd.UserfaultWait;

/// A fault that is queued goes to sleep without looking whether it was resolved while it was not queued yet, as in
/// the first postings of userfaultfd.
public final class SleepWithoutLooking extends UserfaultWait {
    /// The form.
    public SleepWithoutLooking() {}

    @Override
    protected boolean mustWait(PteSlot slot, Reason reason) {
        return true;
    }
}
