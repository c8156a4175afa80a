package dev.faultline.history.btrfs;

import dev.faultline.kernel.fs.btrfs.SearchIoctl;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.UserMemory;

/// The search from v5.9 to v5.18: one byte of each page is faulted in, and a copy that fails all the same is tried
/// again, without an end where it fails below the size of a page.
public final class SearchIoctlV518 extends SearchIoctl {
    /// The form.
    public SearchIoctlV518() {}

    @Override
    @Models(file = "fs/btrfs/ioctl.c", symbol = "search_ioctl", release = "v5.18")
    protected long faultIn(UserMemory memory, Mm mm, long address, long sizeBytes) {
        return memory.faultIn().faultInWriteable(address, sizeBytes);
    }
}
