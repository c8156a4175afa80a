package dev.faultline.history.tmpfs;

import dev.faultline.kernel.fs.tmpfs.HolePunch;
import dev.faultline.kernel.fs.tmpfs.ShmemFalloc;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.Optional;

/// The first fix, in the release candidates of v3.16: a fault in the hole waits for the lock that the puncher holds, which
/// the task may hold of another file, as it writes to that one from the mapping.
public final class HolePunchV316Rc3 extends HolePunch {
    @Override
    protected Optional<VmFaultResult> keepOut(VmFault fault, ShmemFalloc falloc, RwSemaphore iRwsem) {
        if (!falloc.isPunching(fault.pageIndex())) {
            return Optional.empty();
        }
        if (!Filemap.maybeUnlockMmapForIo(fault, false)) {
            return Optional.of(VmFaultResult.NOPAGE);
        }
        iRwsem.downWrite();
        iRwsem.upWrite();
        return Optional.of(VmFaultResult.RETRY);
    }

    @Override
    protected boolean startsOver() {
        return true;
    }
}
