package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.uffd.UserfaultWait;

/// Up to v6.14: a fault whose file is being closed counts as handled, with `mmap_lock` still held. Who faults on
/// behalf of the kernel looks again without giving the lock up, which the close waits for.
public final class UserfaultWaitV614 extends UserfaultWait {
    /// The form.
    public UserfaultWaitV614() {}

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "handle_userfault", release = "v6.14")
    protected VmFaultResult released(VmFault fault) {
        return VmFaultResult.NOPAGE;
    }
}
