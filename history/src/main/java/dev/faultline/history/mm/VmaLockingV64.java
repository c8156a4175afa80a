package dev.faultline.history.mm;

import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.mm.VmaLocking;

/// From v6.4 on: faults in anonymous memory that the program does not serve itself do without `mmap_lock`.
public final class VmaLockingV64 extends VmaLocking {
    private final Fork fork;

    /// Whether fork keeps such faults out.
    public enum Fork {
        /// As in v6.4: faults go on in an area while it is copied.
        LETS_THEM,
        /// As fixed.
        KEEPS_THEM_OUT
    }

    /// The form.
    public VmaLockingV64(Fork fork) {
        this.fork = fork;
    }

    @Override
    protected boolean covers(Vma vma) {
        return vma.isAnonymous() && VmFlag.UFFD.stream().noneMatch(vma::has);
    }

    @Override
    protected boolean keepsOutOfFork() {
        return fork == Fork.KEEPS_THEM_OUT;
    }

    @Override
    protected boolean isForAdvice() {
        return false;
    }
}
