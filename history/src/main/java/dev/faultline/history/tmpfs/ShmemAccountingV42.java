package dev.faultline.history.tmpfs;

import dev.faultline.kernel.fs.tmpfs.ShmemAccounting;
import dev.faultline.kernel.fs.tmpfs.ShmemBlocks;
import dev.faultline.kernel.lib.Models;

/// Up to v4.2: a page leaves the cache before it is counted as swapped, so that it seems to be gone meanwhile; and who
/// takes a page back that was just made counts it off, though somebody else may have done so.
public final class ShmemAccountingV42 extends ShmemAccounting {
    /// The form.
    public ShmemAccountingV42() {}

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_writepage", release = "v4.2")
    protected void swapOut(ShmemBlocks blocks, Runnable leave) {
        leave.run();
        blocks.recalcSwappedBefore();
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_getpage_gfp", release = "v4.2")
    protected void takeBack(ShmemBlocks blocks, Runnable remove) {
        remove.run();
        blocks.uncount();
    }
}
