package dev.faultline.history.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.FaultIn;
import dev.faultline.kernel.mm.Gup;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.UserAccess;

/// Faulting in for writing from v5.17 to v6.14: the two operands of a subtraction are swapped, so that a
/// failure behind the first page is reported as a success.
public final class FaultInV517 extends FaultIn {
    /// The form, on top of these.
    public FaultInV517(UserAccess access, Gup gup) {
        super(access, gup);
    }

    @Override
    @Models(file = "mm/gup.c", symbol = "fault_in_safe_writeable", release = "v5.17")
    public long faultInSafeWriteable(Mm mm, long address, long sizeBytes) {
        long missing = super.faultInSafeWriteable(mm, address, sizeBytes);
        long stoppedAt = address + sizeBytes - missing;
        long wrapped = sizeBytes - (address - stoppedAt);
        return missing == 0 || Long.compareUnsigned(sizeBytes, wrapped) < 0 ? 0 : wrapped;
    }
}
