package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uffd.ForkRead;

/// Up to v4.13: who reads of a fork makes a descriptor for what serves the child without a reference to it, after the lock was
/// given up under which the event was found; where there is no
/// descriptor left, the event stays in a list on the reader's stack, and nobody finds it any more.
public final class ForkReadV413 extends ForkRead {
    /// The form.
    public ForkReadV413() {}

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_read", release = "v4.13")
    protected boolean putsBack() {
        return false;
    }

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_read", release = "v4.13")
    protected boolean takesReference() {
        return false;
    }
}
