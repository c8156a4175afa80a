package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;

/// In which order a page changes its place and is counted there. In between anybody may look at the counts and give back
/// what seems to be gone.
public class ShmemAccounting {
    /// The seam at which other forms plug in.
    public static final Part<ShmemAccounting> PART = new Part<>("fs.tmpfs.ShmemAccounting", ShmemAccounting.class);

    /// Today's form.
    public ShmemAccounting() {}

    /// A page goes to swap: counted as swapped before it leaves the cache. Who counts in between takes it for one page
    /// more than there is, and may miss one that is gone, until somebody counts again.
    ///
    /// @param leave puts the number of its slot in the place of the page
    @Models(file = "mm/shmem.c", symbol = "shmem_writeout")
    protected void swapOut(ShmemBlocks blocks, Runnable leave) {
        blocks.recalc(0, 1);
        leave.run();
        blocks.hasLeft();
    }

    /// A page that was made a moment ago is taken out again: uncounted by whoever sees first that it is gone.
    ///
    /// @param remove takes it out of the cache
    @Models(file = "mm/shmem.c", symbol = "shmem_get_folio_gfp")
    protected void takeBack(ShmemBlocks blocks, Runnable remove) {
        remove.run();
        blocks.recalc(0, 0);
    }
}
