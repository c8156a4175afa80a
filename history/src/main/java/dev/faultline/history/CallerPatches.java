package dev.faultline.history;

import dev.faultline.history.fuse.FuseWriteV615;
import dev.faultline.history.ntfs.Ntfs;
import dev.faultline.kernel.fs.chardev.ArmadaGem;
import dev.faultline.kernel.fs.fuse.FuseWrite;
import dev.faultline.kernel.fs.ntfs3.LegacyNtfs;
import dev.faultline.kernel.fs.ntfs3.MmapLock;
import dev.faultline.kernel.kvm.MagicPage;
import dev.faultline.kernel.signal.FpuFrame;
import dev.faultline.kernel.signal.PowerpcContext;

/// The changes to those who fault memory in outside of gfs2, iomap and userfaultfd.
final class CallerPatches {
    private static final FuseWrite FUSE_V615 = new FuseWriteV615(FuseWriteV615.Pages.UNLOCKED_EARLY);
    private static final MagicPage.SelfTest WRONG_WAY_ROUND = missingBytes -> missingBytes != 0;

    private static final MmapLock NTFS3_WAITS = iRwsem -> {
        iRwsem.downWrite();
        return true;
    };

    private CallerPatches() {}

    /// The result of fault_in_pages_readable, 0 where all went well, was taken for that of get_user the other way round.
    static Patch magicPageFaultIn() {
        return Patches.merged("kvm-magic-page-fault-in", "powerpc/kvm: Prefer fault_in_pages_readable function", "v4.18",
                "2018-05", "9f9eae5ce717",
                Change.fromToday(MagicPage.SelfTest.PART, WRONG_WAY_ROUND));
    }

    static Patch fuseWriteDeadlock() {
        return Patches.merged("fuse-write-deadlock", "fuse: fix write deadlock", "v5.13", "2021-05", "4f06dd92b5d0",
                Change.between(FuseWrite.PART, new FuseWriteV615(FuseWriteV615.Pages.KEPT_LOCKED), FUSE_V615));
    }

    static Patch magicPage() {
        return Patches.merged("kvm-magic-page", "powerpc/kvm: Fix kvm_use_magic_page", "v5.16", "2021-08", "0c8eb2884a42",
                Change.toToday(MagicPage.SelfTest.PART, WRONG_WAY_ROUND));
    }

    static Patch fpuFrameSize() {
        return Patches.merged("x86-sigframe-size", "x86/fpu: Stop relying on userspace for info to fault in xsave buffer",
                "v6.8", "2024-01", "d877550eaf2d",
                Change.toToday(FpuFrame.Size.PART, (announcedBytes, stateBytes) -> announcedBytes));
    }

    static Patch fusePrefault() {
        return Patches.merged("fuse-prefault", "fuse: Move prefaulting out of hot write path", "v6.16", "2025-05",
                "faa794dd2e17",
                Change.toToday(FuseWrite.PART, FUSE_V615));
    }

    /// The name has stood for an ntfs3 that can only be read since.
    static Patch ntfsRemoved() {
        return Patches.merged("ntfs-removed", "fs: Remove NTFS classic", "v6.9-rc1", "2024-01", "7ffa8f3d3023",
                Change.toToday(LegacyNtfs.PART, Ntfs::new));
    }

    /// Until then, and since v6.17 again, a mapping that cannot have `i_rwsem` at once fails.
    static Patch ntfs3MmapWaits() {
        return Patches.merged("ntfs3-mmap-waits", "fs/ntfs3: Replace inode_trylock with inode_lock", "v6.11-rc1", "2024-07",
                "69505fe98f19",
                Change.fromToday(MmapLock.PART, NTFS3_WAITS));
    }

    static Patch ntfs3MmapTries() {
        return Patches.merged("ntfs3-mmap-tries", "Revert \"fs/ntfs3: Replace inode_trylock with inode_lock\"", "v6.17-rc1",
                "2025-07", "a49f0abd8959",
                Change.toToday(MmapLock.PART, NTFS3_WAITS));
    }

    /// What if a caller of fault_in_pages_readable, which returned an errno, were left as it was when the number of bytes
    /// took its place?
    static Patch shortfallPassedOn() {
        return Patches.posted("armada-shortfall-passed-on",
                "(what if) armada_gem_pwrite_ioctl returns what fault_in_readable does", "2026-11",
                "an experiment, never posted",
                Change.fromToday(ArmadaGem.Shortfall.PART, missingBytes -> missingBytes));
    }

    /// What if the start of a new context were enough to go on?
    static Patch partOfAContext() {
        return Patches.posted("swapcontext-takes-a-part", "(what if) swapcontext goes on when a part of the context is there",
                "2026-11", "an experiment, never posted",
                Change.fromToday(PowerpcContext.Check.PART, (memory, address, sizeBytes) ->
                        memory.faultIn().faultInReadable(address, sizeBytes) != sizeBytes));
    }
}
