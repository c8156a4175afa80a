package dev.faultline.history.btrfs;

import dev.faultline.kernel.fs.btrfs.SearchIoctl;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.UserMemory;

/// The search from v3.16 to v5.8: nothing is faulted in, and faults of the copy are handled while the leaf is locked.
public final class SearchIoctlV58 extends SearchIoctl {
    /// The form.
    public SearchIoctlV58() {}

    @Override
    @Models(file = "fs/btrfs/ioctl.c", symbol = "search_ioctl", release = "v5.8")
    protected long faultIn(UserMemory memory, Mm mm, long address, long sizeBytes) {
        return 0;
    }

    @Override
    protected boolean handlesFaults() {
        return true;
    }
}
