package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.Optional;

/// How punching a hole gets to its end though programs touch the hole all the time: each touch makes a page again, which
/// has to be unmapped and taken out, with `i_rwsem` held.
public class HolePunch {
    /// The seam at which other forms plug in.
    public static final Part<HolePunch> PART = new Part<>("fs.tmpfs.HolePunch", HolePunch.class);

    /// Today's form: such a fault sleeps until the hole is punched.
    public HolePunch() {}

    /// Keeps a fault out of a hole that is being punched. It does not matter if a fault comes through that has looked just
    /// before: what it makes is taken out, or stays.
    ///
    /// @param iRwsem the lock that fallocate(2) holds
    /// @return the result of the fault, if it has to start over
    @Models(file = "mm/shmem.c", symbol = "shmem_falloc_wait")
    protected Optional<VmFaultResult> keepOut(VmFault fault, ShmemFalloc falloc, RwSemaphore iRwsem) {
        Optional<ShmemFalloc.Waiter> waiter = falloc.isRunning() ? falloc.join(fault.pageIndex()) : Optional.empty();
        if (waiter.isEmpty()) {
            return Optional.empty();
        }
        boolean dropped = Filemap.maybeUnlockMmapForIo(fault, false);
        falloc.sleep(waiter.get());
        return Optional.of(dropped ? VmFaultResult.RETRY : VmFaultResult.NOPAGE);
    }

    /// {@return whether the search for pages in the hole starts over until it has found none}
    protected boolean startsOver() {
        return false;
    }
}
