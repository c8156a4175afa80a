package dev.faultline.history;

import dev.faultline.history.uffd.InstallPtePostedV1;
import dev.faultline.history.uffd.InstallPtePostedV5;
import dev.faultline.history.uffd.InstallPteUnlocked;
import dev.faultline.history.uffd.InstallPteV419;
import dev.faultline.history.uffd.InstallPteV515;
import dev.faultline.history.uffd.MmapChangingGivenUp;
import dev.faultline.history.uffd.MoveSwapPteV613;
import dev.faultline.history.uffd.MoveSwapPteV615;
import dev.faultline.history.uffd.ShmemFillPosted;
import dev.faultline.history.uffd.ShmemFillV419;
import dev.faultline.history.uffd.ShmemFillV512;
import dev.faultline.history.uffd.ShmemFillV513;
import dev.faultline.history.uffd.ShmemFillV518;
import dev.faultline.history.uffd.ShmemFillV518.Filled;
import dev.faultline.history.uffd.ShmemFillV518.NotThere;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.MmapChanging;
import dev.faultline.kernel.uffd.MoveSwapPte;
import dev.faultline.kernel.uffd.ShmemFill;
import dev.faultline.kernel.uffd.SourceCopy;

/// The changes to what a program fills in itself of shmem.
final class UserfaultPatches {
    private static final ShmemFill.Factory FILL_V512 = ShmemFillV512::new;
    private static final ShmemFill.Factory FILL_V513 = ShmemFillV513::new;
    private static final ShmemFill.Factory FILL_V515 =
            install -> new ShmemFillV518(install, Filled.PAGE_DIRTY, NotThere.EFAULT);
    private static final ShmemFill.Factory FILL_V518 =
            install -> new ShmemFillV518(install, Filled.ENTRY_DIRTY, NotThere.EFAULT);
    private static final InstallPte INSTALL_V515 = new InstallPteV515();
    private static final MoveSwapPte MOVE_SWAP_PTE_V615 = new MoveSwapPteV615();

    private UserfaultPatches() {}

    static Patch privateShmem() {
        return Patches.merged("userfaultfd-private-shmem",
                "userfaultfd: shmem: allocate anonymous memory for MAP_PRIVATE shmem", "v4.20", "2018-11",
                "5b51072e97d5 29ec90660d68 e2a50c1f6414 dcf7fe9d8976, CVE-2018-18397",
                Change.between(ShmemFill.PART, ShmemFillV419::new, FILL_V512),
                Change.between(InstallPte.PART, new InstallPteV419(), INSTALL_V515));
    }

    static Patch leftOverPage() {
        return Patches.merged("userfaultfd-left-over-page", "userfaultfd: release page in error path to avoid BUG_ON",
                "v5.13-rc2", "2021-05", "7ed9d238c7db",
                Change.between(ShmemFill.PART, FILL_V512, FILL_V513));
    }

    static Patch minorShmem() {
        return Patches.merged("userfaultfd-minor-shmem", "userfaultfd/shmem: support minor fault registration for shmem",
                "v5.14", "2021-06", "c949b097ef2e 153132571f02 3460f6e5c1ed 7d64ae3ab648",
                Change.between(ShmemFill.PART, FILL_V513, FILL_V515));
    }

    static Patch dirtyEntries() {
        return Patches.merged("userfaultfd-dirty-entries",
                "mm/shmem: unconditionally set pte dirty in mfill_atomic_install_pte", "v5.16", "2021-11", "9ae0f87d009c",
                Change.between(ShmemFill.PART, FILL_V515, FILL_V518),
                Change.toToday(InstallPte.PART, INSTALL_V515));
    }

    static Patch continueAllocated() {
        return Patches.merged("userfaultfd-continue-allocated",
                "mm: userfaultfd: fix UFFDIO_CONTINUE on fallocated shmem pages", "v5.19", "2022-06", "73f37dbcfe17",
                Change.toToday(ShmemFill.PART, FILL_V518));
    }

    static Patch moveSwapCache() {
        return Patches.merged("userfaultfd-move-swap-cache", "mm: fix kernel BUG when userfaultfd_move encounters swapcache",
                "v6.14", "2025-03", "c50f8e6053b0",
                Change.between(MoveSwapPte.PART, new MoveSwapPteV613(), MOVE_SWAP_PTE_V615));
    }

    static Patch moveSwapRace() {
        return Patches.merged("userfaultfd-move-swap-race", "userfaultfd: fix race of userfaultfd_move and swap cache",
                "v6.16", "2025-06", "0ea148a79919",
                Change.toToday(MoveSwapPte.PART, MOVE_SWAP_PTE_V615));
    }

    static Patch minorShmemNext() {
        return Patches.posted("userfaultfd-minor-shmem-next", "userfaultfd: support minor fault handling for shmem",
                "2021-03", "00da60b9d0a0 in linux-next",
                Change.between(ShmemFill.PART, FILL_V513, posted(ShmemFillPosted.Form.NEXT)));
    }

    static Patch continueV1() {
        return Patches.posted("userfaultfd-continue-v1", "userfaultfd/shmem: fix MCOPY_ATOMIC_CONTINUE error handling",
                "2021-03", "the first version of the thread of userfaultfd-continue-v5, as its list of changes tells",
                Change.between(ShmemFill.PART, FILL_V513, posted(ShmemFillPosted.Form.CLEANING)),
                Change.between(InstallPte.PART, INSTALL_V515, new InstallPtePostedV1()));
    }

    static Patch continueV5() {
        return Patches.posted("userfaultfd-continue-v5", "[PATCH v5] userfaultfd/shmem: fix MCOPY_ATOMIC_CONTINUE behavior",
                "2021-04-05", "the thread of 5 to 8 April 2021",
                Change.between(ShmemFill.PART, FILL_V513, posted(ShmemFillPosted.Form.OWN)),
                Change.between(InstallPte.PART, INSTALL_V515, new InstallPtePostedV5()));
    }

    static Patch continueAllocatedV1() {
        return Patches.posted("userfaultfd-continue-allocated-v1",
                "mm: userfaultfd: fix UFFDIO_CONTINUE on fallocated shmem pages", "2022-06",
                "the first version of userfaultfd-continue-allocated, in linux-next",
                Change.between(ShmemFill.PART, FILL_V518,
                        install -> new ShmemFillV518(install, Filled.ENTRY_DIRTY, NotThere.ENOENT)));
    }

    /// Is the look at the size under the page-table lock needed? The review of userfaultfd-continue-v5 wondered.
    static Patch sizeUnlocked() {
        return Patches.posted("userfaultfd-size-unlocked", "(what if) the size of the file is looked at before the page-table lock",
                "2026-11", "an experiment, never posted",
                Change.fromToday(InstallPte.PART, new InstallPteUnlocked()));
    }

    /// Is it needed that every entry is dirty? With the entries of v5.15, and nobody who marks the page instead.
    static Patch cleanEntries() {
        return Patches.posted("userfaultfd-clean-entries", "(what if) entries are dirty only where they are writable",
                "2026-11", "an experiment, never posted",
                Change.fromToday(InstallPte.PART, INSTALL_V515));
    }

    /// Not in v6.18 when it was released, but in what it was repaired with later.
    static Patch remapFail() {
        return Patches.posted("userfaultfd-remap-fail",
                "userfaultfd: ensure mremap_userfaultfd_fail() releases mmap_changing", "2026-05", "0496a59745b0",
                Change.fromToday(MmapChanging.PART, MmapChangingGivenUp::new));
    }

    /// What if pages were filled in with page faults enabled? Every kernel has disabled them.
    static Patch copyMayFault() {
        return Patches.posted("userfaultfd-copy-may-fault", "(what if) UFFDIO_COPY copies with page faults enabled",
                "2026-11", "an experiment, never posted",
                Change.fromToday(SourceCopy.PART, new SourceCopy() {
                    @Override
                    protected boolean disablesFaults() {
                        return false;
                    }
                }));
    }

    private static ShmemFill.Factory posted(ShmemFillPosted.Form form) {
        return install -> new ShmemFillPosted(install, form);
    }
}
