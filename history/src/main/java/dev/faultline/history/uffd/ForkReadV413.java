package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uffd.ForkRead;

/// Up to v4.13: who reads of a fork makes a descriptor for what serves the child without a reference to it, after the lock was
/// given up under which the event was found.
public final class ForkReadV413 extends ForkRead {
    /// The form.
    public ForkReadV413() {}

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_read", release = "v4.13")
    protected boolean takesReference() {
        return false;
    }
}
