package dev.faultline.history.tmpfs;

import dev.faultline.kernel.fs.tmpfs.HolePunch;
import dev.faultline.kernel.fs.tmpfs.ShmemFalloc;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.Optional;

/// Until v3.15: faults may fill the hole while it is punched, and punching goes on until it has found the hole empty.
public final class HolePunchV315 extends HolePunch {
    @Override
    protected Optional<VmFaultResult> keepOut(VmFault fault, ShmemFalloc falloc, RwSemaphore iRwsem) {
        return Optional.empty();
    }

    @Override
    protected boolean startsOver() {
        return true;
    }
}
