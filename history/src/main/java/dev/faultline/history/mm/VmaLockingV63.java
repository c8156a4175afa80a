package dev.faultline.history.mm;

import dev.faultline.kernel.mm.VmaLocking;

/// Up to v6.3: every fault takes `mmap_lock`.
public final class VmaLockingV63 extends VmaLocking {
    /// The form.
    public VmaLockingV63() {}

    @Override
    protected boolean isTried() {
        return false;
    }

    @Override
    protected boolean isForAdvice() {
        return false;
    }
}
