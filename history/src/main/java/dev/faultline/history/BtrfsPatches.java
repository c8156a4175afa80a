package dev.faultline.history;

import dev.faultline.history.btrfs.BtrfsDirectV515;
import dev.faultline.history.btrfs.BtrfsDirectV611;
import dev.faultline.history.btrfs.BtrfsDirectV614;
import dev.faultline.history.btrfs.SearchIoctlV518;
import dev.faultline.history.btrfs.SearchIoctlV58;
import dev.faultline.kernel.fs.btrfs.BtrfsDirect;
import dev.faultline.kernel.fs.btrfs.SearchIoctl;
import dev.faultline.kernel.fs.btrfs.ShortCopy;

/// The changes to btrfs.
final class BtrfsPatches {
    private static final SearchIoctl SEARCH_V518 = new SearchIoctlV518();
    private static final BtrfsDirect DIRECT_V611 = new BtrfsDirectV611();
    private static final BtrfsDirect DIRECT_V614 = new BtrfsDirectV614();

    private BtrfsPatches() {}

    static Patch searchNofault() {
        return Patches.merged("btrfs-search-nofault", "btrfs: fix potential deadlock in the search ioctl", "v5.9-rc3",
                "2020-08", "a48b73eca4ce",
                Change.between(SearchIoctl.PART, new SearchIoctlV58(), SEARCH_V518));
    }

    static Patch dioNofault() {
        return Patches.merged("btrfs-dio-nofault", "btrfs: fix deadlock due to page faults during direct IO reads and writes",
                "v5.16", "2021-11", "51bd9563b678",
                Change.between(BtrfsDirect.PART, new BtrfsDirectV515(), DIRECT_V611));
    }

    static Patch searchSubpage() {
        return Patches.merged("btrfs-search-subpage",
                "btrfs: Avoid live-lock in search_ioctl() on hardware with sub-page faults", "v5.19", "2022-05",
                "18788e34642e",
                Change.toToday(SearchIoctl.PART, SEARCH_V518));
    }

    static Patch dioLock() {
        return Patches.merged("btrfs-dio-lock", "btrfs: do not hold the extent lock for entire read", "v6.12", "2024-09",
                "the series 'btrfs: no longer hold the extent lock for the entire read'",
                Change.between(BtrfsDirect.PART, DIRECT_V611, DIRECT_V614));
    }

    static Patch onePageAtATime() {
        return Patches.merged("btrfs-one-page-at-a-time", "btrfs: make buffered write to copy one page a time", "v6.13",
                "2024-10", "c87c299776e4",
                Change.toToday(ShortCopy.PART, ShortCopy.READS_THE_PAGE));
    }

    static Patch dioChecksums() {
        return Patches.merged("btrfs-dio-checksums",
                "btrfs: always fallback to buffered write if the inode requires checksum", "v6.15-rc1", "2025-03",
                "968f19c5b1b7",
                Change.toToday(BtrfsDirect.PART, DIRECT_V614));
    }
}
