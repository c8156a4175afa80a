package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.lib.Part;
import dev.faultline.machine.shared.RwSemaphore;

/// How a mapping that can be written gets `i_rwsem`, with `mmap_lock` held, to zero what it reaches behind the valid size.
@FunctionalInterface
public interface MmapLock {
    /// The seam at which other forms plug in.
    Part<MmapLock> PART = new Part<>("fs.ntfs3.MmapLock", MmapLock.class);

    /// {@return whether the lock is held for writing now}
    boolean take(RwSemaphore iRwsem);
}
