package dev.faultline.history.mm;

import dev.faultline.kernel.mm.VmaLocking;

/// From v6.7 to v6.16: only faults do without `mmap_lock`.
public final class VmaLockingV616 extends VmaLocking {
    /// The form.
    public VmaLockingV616() {}

    @Override
    protected boolean isForAdvice() {
        return false;
    }
}
