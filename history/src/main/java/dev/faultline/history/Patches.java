package dev.faultline.history;

import dev.faultline.history.gfs2.AutoDemotingGlock;
import dev.faultline.history.gfs2.Gfs2IoPostedV5;
import dev.faultline.history.gfs2.Gfs2IoV514;
import dev.faultline.history.gfs2.Gfs2IoV516;
import dev.faultline.history.gfs2.Gfs2IoV518;
import dev.faultline.history.gfs2.Gfs2MappingV517;
import dev.faultline.history.gfs2.GlopsForReferences;
import dev.faultline.history.iomap.BufferedIoV517;
import dev.faultline.history.iomap.DirectIoPostedV5;
import dev.faultline.history.iomap.DirectIoV2620;
import dev.faultline.history.iomap.DirectIoV413;
import dev.faultline.history.iomap.DirectIoV514;
import dev.faultline.history.iomap.DirectIoV519;
import dev.faultline.history.iomap.DirectIoV614;
import dev.faultline.history.iomap.ForgottenLegs;
import dev.faultline.history.mm.FaultInV516;
import dev.faultline.history.mm.FaultInV517;
import dev.faultline.history.mm.ForcedWriteV48;
import dev.faultline.history.mm.ForcedWriteV519;
import dev.faultline.history.mm.MincoreV2619;
import dev.faultline.history.mm.SeveralAreasV616;
import dev.faultline.history.mm.SeveralAreasV617Rc1;
import dev.faultline.history.mm.TlbFlushV418;
import dev.faultline.history.mm.VmaLockingV616;
import dev.faultline.history.mm.VmaLockingV63;
import dev.faultline.history.mm.VmaLockingV64;
import dev.faultline.history.tmpfs.HolePunchV315;
import dev.faultline.history.tmpfs.HolePunchV316Rc3;
import dev.faultline.history.tmpfs.ShmemAccountingV42;
import dev.faultline.history.uffd.ForkReadV413;
import dev.faultline.history.uffd.MmapChangingFlag;
import dev.faultline.history.uffd.MmapChangingUnseen;
import dev.faultline.history.uffd.SleepWithoutLooking;
import dev.faultline.history.uffd.UserfaultWaitV614;
import dev.faultline.kernel.fs.gfs2.Gfs2Io;
import dev.faultline.kernel.fs.gfs2.Gfs2Mapping;
import dev.faultline.kernel.fs.gfs2.Glock;
import dev.faultline.kernel.fs.gfs2.Glops;
import dev.faultline.kernel.fs.tmpfs.HolePunch;
import dev.faultline.kernel.fs.tmpfs.ShmemAccounting;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.AtomicCopy;
import dev.faultline.kernel.iov.PagePinning;
import dev.faultline.kernel.mm.FaultIn;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.ForkRace;
import dev.faultline.kernel.mm.ForcedWrite;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.SeveralAreas;
import dev.faultline.kernel.mm.TableWalk;
import dev.faultline.kernel.mm.TlbFlush;
import dev.faultline.kernel.mm.Translated;
import dev.faultline.kernel.mm.VmaLocking;
import dev.faultline.kernel.syscall.Mincore;
import dev.faultline.kernel.uffd.ForkRead;
import dev.faultline.kernel.uffd.MmapChanging;
import dev.faultline.kernel.uffd.UserfaultWait;
import java.util.List;
import java.util.Optional;

/// The changes that are known, oldest first; those that were never merged come last. A form that one patch
/// leads to and another starts from is one object.
final class Patches {
    private static final Gfs2Io GFS2_V514 = new Gfs2IoV514();
    private static final Gfs2Io GFS2_V516_RC1 = Gfs2IoV516.asMerged();
    private static final Gfs2Io GFS2_V516 = Gfs2IoV516.asReleased();
    private static final Gfs2Io GFS2_V518 = new Gfs2IoV518();
    private static final Glock.Factory AUTO_DEMOTING = AutoDemotingGlock::new;
    private static final DirectIo DIRECT_V413 = new DirectIoV413();
    private static final DirectIo DIRECT_V514 = new DirectIoV514();
    private static final DirectIo DIRECT_V519 = new DirectIoV519();
    private static final DirectIo DIRECT_V614 = new DirectIoV614();
    private static final FaultIn.Factory FAULT_IN_V517 = FaultInV517::new;

    private static final TableWalk COLLAPSE_V60 = new TableWalk() {
        @Override
        protected boolean isAwaitedByCollapse() {
            return false;
        }
    };
    private static final PagePinning PAGES_REFERENCED = new PagePinning(FolioHold.REFERENCE, GupFlag.NOFAULT);

    private static final VmaLocking VMA_LOCKING_V64 = new VmaLockingV64(VmaLockingV64.Fork.LETS_THEM);
    private static final ForcedWrite FORCED_WRITE_V519 = new ForcedWriteV519();
    private static final VmaLocking VMA_LOCKING_V616 = new VmaLockingV616();
    private static final VmaLocking VMA_LOCKING_V65 = new VmaLockingV64(VmaLockingV64.Fork.KEEPS_THEM_OUT);

    private static final MmapChanging.Factory MMAP_CHANGING_FLAG = MmapChangingFlag::new;

    private static final SeveralAreas SEVERAL_AREAS_V617_RC1 = new SeveralAreasV617Rc1();

    private static final HolePunch HOLE_PUNCH_V316_RC3 = new HolePunchV316Rc3();

    static final List<Patch> ALL = List.of(
            mincore(), invalidateBeforeWrite(), punchKeepsFaultsOut(), punchWithItsOwnQueue(), shmemAccounting(), dirtyCow(),
            invalidateAtCompletion(), forkUseAfterFree(),
            CallerPatches.magicPageFaultIn(), mmapChanging(), mremapFlush(),
            UserfaultPatches.privateShmem(),
            PipePatches.mergeFlag(), PipePatches.forcedCow(), BtrfsPatches.searchNofault(), PipePatches.reuseByReferences(),
            forkRace(), UserfaultPatches.leftOverPage(),
            CallerPatches.fuseWriteDeadlock(),
            UserfaultPatches.minorShmem(),
            mmapChangingCounter(),
            gfs2PageFault(), PipePatches.getPagesResult(), gfs2ClippedWrite(),
            UserfaultPatches.dirtyEntries(),
            CallerPatches.magicPage(), BtrfsPatches.dioNofault(), PipePatches.slotFlags(), fixupUserFault(),
            gfs2Retries(), gfs2ShortWrite(), partialFaultIn(),
            BtrfsPatches.searchSubpage(), UserfaultPatches.continueAllocated(),
            directIoAlignment(), forcedWriteExclusive(), gupFastTable(), collapseSync(), perVmaLocks(), directWriteFallback(), forkLocksAreas(), biosPin(),
            perVmaLocksOfFiles(), CallerPatches.fpuFrameSize(), CallerPatches.ntfsRemoved(), CallerPatches.ntfs3MmapWaits(),
            BtrfsPatches.dioLock(),
            BtrfsPatches.onePageAtATime(), UserfaultPatches.moveSwapCache(), directIoErrorOfEnd(), BtrfsPatches.dioChecksums(),
            safeWriteableResult(), releaseHang(), CallerPatches.fusePrefault(),
            UserfaultPatches.moveSwapRace(), severalAreas(), CallerPatches.ntfs3MmapTries(), severalAreasChecked(), perVmaLocksOfAdvice(),
            gfs2PageFaultV5(), gfs2PageFaultV6(), writeCopyMayFault(), noFlush(), tablesFreedAtOnce(), forgottenLegs(),
            gfs2InvalWaitsForReferences(),
            PipePatches.getPagesResultAgain(),
            ignoredReaders(), sleepWithoutLooking(),
            UserfaultPatches.minorShmemNext(), UserfaultPatches.continueV1(), UserfaultPatches.continueV5(),
            UserfaultPatches.continueAllocatedV1(), UserfaultPatches.sizeUnlocked(),
            UserfaultPatches.cleanEntries(), UserfaultPatches.remapFail(), UserfaultPatches.copyMayFault(), CallerPatches.shortfallPassedOn(), CallerPatches.partOfAContext());

    private Patches() {}

    static Patch merged(String id, String title, String release, String date, String reference,
            Change<?>... changes) {
        return new Patch(id, title, Optional.of(Release.of(release)), date, reference, List.of(changes));
    }

    static Patch posted(String id, String title, String date, String reference, Change<?>... changes) {
        return new Patch(id, title, Optional.empty(), date, reference, List.of(changes));
    }

    private static Patch mincore() {
        return merged("mincore-user-access", "Fix incorrect user space access locking in mincore()", "v2.6.20", "2006-12",
                "2f77d107050a",
                Change.toToday(Mincore.PART, new MincoreV2619()));
    }

    private static Patch punchKeepsFaultsOut() {
        return merged("shmem-punch-waits", "shmem: fix faulting into a hole while it's punched", "v3.16-rc3", "2014-06",
                "f00cdc6df7d7, CVE-2014-4171",
                Change.between(HolePunch.PART, new HolePunchV315(), HOLE_PUNCH_V316_RC3));
    }

    private static Patch punchWithItsOwnQueue() {
        return merged("shmem-punch-wait-queue", "shmem: fix faulting into a hole, not taking i_mutex", "v3.16-rc7", "2014-07",
                "8e205f779d14 b1a366500bd5",
                Change.toToday(HolePunch.PART, HOLE_PUNCH_V316_RC3));
    }

    private static Patch shmemAccounting() {
        return merged("shmem-accounting", "tmpfs: fix shmem_evict_inode() warnings on i_blocks", "v4.3", "2015-09",
                "267a4c76bbdb",
                Change.toToday(ShmemAccounting.PART, new ShmemAccountingV42()));
    }

    private static Patch severalAreas() {
        return merged("mremap-several-areas", "mm/mremap: permit mremap() move of multiple VMAs", "v6.17-rc1", "2025-07",
                "d23cb648e365",
                Change.between(SeveralAreas.PART, new SeveralAreasV616(), SEVERAL_AREAS_V617_RC1));
    }

    private static Patch severalAreasChecked() {
        return merged("mremap-several-areas-checked", "mm/mremap: catch invalid multi VMA moves earlier", "v6.17-rc3",
                "2025-08", "d5f416c7c364",
                Change.toToday(SeveralAreas.PART, SEVERAL_AREAS_V617_RC1));
    }

    private static Patch invalidateBeforeWrite() {
        return merged("dio-invalidate-before-write", "dio: invalidate clean pages before dio write", "v2.6.21", "2007-03",
                "65b8291c4000",
                Change.between(DirectIo.PART, new DirectIoV2620(), DIRECT_V413));
    }

    private static Patch invalidateAtCompletion() {
        return merged("dio-invalidate-at-completion",
                "fs: Fix page cache inconsistency when mixing buffered and AIO DIO", "v4.14", "2017-09", "332391a9935d",
                Change.between(DirectIo.PART, DIRECT_V413, DIRECT_V514));
    }

    private static Patch dirtyCow() {
        return merged("dirty-cow", "mm: remove gup_flags FOLL_WRITE games from __get_user_pages()", "v4.9", "2016-10",
                "19be0eaffa3a, CVE-2016-5195",
                Change.between(ForcedWrite.PART, new ForcedWriteV48(), FORCED_WRITE_V519));
    }

    private static Patch forcedWriteExclusive() {
        return merged("forced-write-exclusive", "mm/gup: fix FOLL_FORCE COW security issue and remove FOLL_COW", "v6.0",
                "2022-08", "5535be309971, CVE-2022-2590",
                Change.toToday(ForcedWrite.PART, FORCED_WRITE_V519));
    }

    private static Patch mremapFlush() {
        return merged("mremap-flush", "mremap: properly flush TLB before releasing the page", "v4.19", "2018-10",
                "eb66ae030829, CVE-2018-18281",
                Change.toToday(TlbFlush.PART, new TlbFlushV418()));
    }

    private static Patch forkRace() {
        return merged("gup-fast-fork-race", "mm/gup: prevent gup_fast from racing with COW during fork", "v5.11", "2020-12",
                "57efa1fe5957",
                Change.toToday(ForkRace.PART, ForkRace.IGNORED));
    }

    private static Patch perVmaLocks() {
        return merged("per-vma-locks", "x86/mm: try VMA lock-based page fault handling first", "v6.4-rc1", "2023-04",
                "0bff0aaea03e",
                Change.between(VmaLocking.PART, new VmaLockingV63(), VMA_LOCKING_V64));
    }

    private static Patch forkLocksAreas() {
        return merged("fork-locks-areas", "fork: lock VMAs of the parent process when forking", "v6.5", "2023-07",
                "2b4f3b4987b5 fb49c455323f",
                Change.between(VmaLocking.PART, VMA_LOCKING_V64, VMA_LOCKING_V65));
    }

    private static Patch perVmaLocksOfFiles() {
        return merged("per-vma-locks-of-files", "mm: handle faults on files and of userfaultfd under the VMA lock", "v6.7",
                "2023-10", "29a22b9e08d7 12214eba1992 4de8c93a4751 4ed4379881aa",
                Change.between(VmaLocking.PART, VMA_LOCKING_V65, VMA_LOCKING_V616));
    }

    private static Patch perVmaLocksOfAdvice() {
        return merged("per-vma-locks-of-advice", "mm: use per_vma lock for MADV_DONTNEED", "v6.17", "2025-06",
                "the series 'use per-vma locks for madvise'",
                Change.toToday(VmaLocking.PART, VMA_LOCKING_V616));
    }

    private static Patch gfs2PageFault() {
        return merged("gfs2-page-fault", "gfs2: Fix mmap + page fault deadlocks", "v5.16-rc1", "2021-11",
                "merge c03098d4b9ad",
                Change.between(Gfs2Io.PART, GFS2_V514, GFS2_V516_RC1),
                Change.fromToday(Glock.PART, AUTO_DEMOTING),
                Change.between(DirectIo.PART, DIRECT_V514, DIRECT_V519));
    }

    private static Patch gfs2ClippedWrite() {
        return merged("gfs2-clipped-write", "gfs2: Prevent endless loops in gfs2_file_buffered_write", "v5.16-rc2",
                "2021-11", "554c577cee95",
                Change.between(Gfs2Io.PART, GFS2_V516_RC1, GFS2_V516));
    }

    private static Patch fixupUserFault() {
        return merged("fault-in-fixup-user-fault", "mm: gup: make fault_in_safe_writeable() use fixup_user_fault()",
                "v5.17-rc8", "2022-03", "fe673d3f5bf1",
                Change.between(FaultIn.PART, FaultInV516::new, FAULT_IN_V517));
    }

    private static Patch gfs2Retries() {
        return merged("gfs2-retry-rework", "gfs2: buffered and direct I/O retries: no glock held across a fault-in",
                "v5.18", "2022-03", "124c458a401a bb7f5d96aaa8 52f3f033a5db 296abc0d91d8 e1fa9ea85ce8 fa5dfa645d85",
                Change.between(Gfs2Io.PART, GFS2_V516, GFS2_V518),
                Change.toToday(Glock.PART, AUTO_DEMOTING));
    }

    /// Pulled on 13 May 2022, behind v5.18-rc6.
    private static Patch gfs2ShortWrite() {
        return merged("gfs2-short-write", "gfs2: Fix filesystem block deallocation for short writes", "v5.18", "2022-05",
                "d031a8866e70",
                Change.toToday(Gfs2Mapping.PART, Gfs2MappingV517::new));
    }

    private static Patch partialFaultIn() {
        return merged("write-partial-fault-in", "fs/iomap: Fix buffered write page prefaulting", "v5.18", "2022-03",
                "631f871f0717",
                Change.toToday(BufferedIo.PART, new BufferedIoV517()));
    }

    private static Patch directWriteFallback() {
        return merged("gfs2-direct-write-fallback", "gfs2: Don't get stuck writing page onto itself under direct I/O",
                "v6.4-rc6", "2023-06", "fa58cc888d67",
                Change.toToday(Gfs2Io.PART, GFS2_V518));
    }

    private static Patch biosPin() {
        return merged("bio-pins-pages", "block: Convert bio_iov_iter_get_pages to use iov_iter_extract_pages", "v6.5",
                "2023-06", "the series 'block: Use page pinning'",
                Change.toToday(PagePinning.PART, PAGES_REFERENCED));
    }

    private static Patch directIoAlignment() {
        return merged("dio-dma-alignment", "iomap: add support for dma aligned direct-io", "v6.0-rc1", "2022-06", "bf8d08532bc1",
                Change.between(DirectIo.PART, DIRECT_V519, DIRECT_V614));
    }

    private static Patch directIoErrorOfEnd() {
        return merged("iomap-error-of-end", "iomap: support incremental iomap_iter advances", "v6.15-rc1", "2025-02",
                "bc264fea0f6f",
                Change.toToday(DirectIo.PART, DIRECT_V614));
    }

    private static Patch safeWriteableResult() {
        return merged("fault-in-safe-writeable-result", "mm/gup: Fix wrongly calculated returned value in fault_in_safe_writeable()",
                "v6.15-rc3", "2025-04", "8c03ebd7cdc0",
                Change.toToday(FaultIn.PART, FAULT_IN_V517));
    }

    private static Patch gfs2PageFaultV5() {
        return posted("gfs2-page-fault-v5", "[v5,00/12] gfs2: Fix mmap + page fault deadlocks", "2021-08-03",
                "20210803191818.993968-1-agruenba@redhat.com",
                Change.between(Gfs2Io.PART, GFS2_V514, new Gfs2IoPostedV5()),
                Change.between(DirectIo.PART, DIRECT_V514, new DirectIoPostedV5()),
                PipePatches.getPages(),
                Change.between(PagePinning.PART, PAGES_REFERENCED, new PagePinning(FolioHold.REFERENCE, GupFlag.FAST_ONLY)));
    }

    private static Patch gfs2PageFaultV6() {
        return posted("gfs2-page-fault-v6", "[v6,00/19] gfs2: Fix mmap + page fault deadlocks", "2021-08-19",
                "the reply of 19 August 2021 in the thread of gfs2-page-fault-v5",
                Change.between(Gfs2Io.PART, GFS2_V514, Gfs2IoV516.asPosted()),
                PipePatches.getPages(),
                Change.fromToday(Glock.PART, AUTO_DEMOTING),
                Change.between(DirectIo.PART, DIRECT_V514, DIRECT_V519));
    }

    private static Patch mmapChanging() {
        return merged("userfaultfd-mmap-changing",
                "userfaultfd: prevent non-cooperative events vs mcopy_atomic races", "v4.18", "2018-06", "df2cc96e7701",
                Change.between(MmapChanging.PART, MmapChangingUnseen::new, MMAP_CHANGING_FLAG));
    }

    private static Patch forkUseAfterFree() {
        return merged("userfaultfd-fork-use-after-free", "userfaultfd: non-cooperative: fix fork use after free", "v4.14",
                "2017-09", "384632e67e08",
                Change.toToday(ForkRead.PART, new ForkReadV413()));
    }

    private static Patch mmapChangingCounter() {
        return merged("userfaultfd-mmap-changing-counter", "userfaultfd: change mmap_changing to atomic", "v5.15",
                "2021-09", "a759a909d42d",
                Change.toToday(MmapChanging.PART, MMAP_CHANGING_FLAG));
    }

    private static Patch releaseHang() {
        return merged("userfaultfd-release-hang", "mm/userfaultfd: fix release hang over concurrent GUP", "v6.15-rc3",
                "2025-04", "fe4cdc2c4e24",
                Change.toToday(UserfaultWait.PART, new UserfaultWaitV614()));
    }

    /// What if a fault did not look again once it is queued? Only unmerged postings did not.
    private static Patch sleepWithoutLooking() {
        return posted("userfaultfd-sleep-without-looking", "(what if) a queued fault sleeps without looking again",
                "2026-11", "an experiment, never posted",
                Change.fromToday(UserfaultWait.PART, new SleepWithoutLooking()));
    }

    /// What if areas were changed under faults that hold their lock?
    private static Patch ignoredReaders() {
        return posted("vma-lock-ignores-readers", "(what if) areas are changed while faults are handled under their lock",
                "2026-11", "an experiment, never posted",
                Change.fromToday(VmaLocking.PART, new VmaLocking() {
                    @Override
                    protected boolean waitsForReaders() {
                        return false;
                    }
                }));
    }

    private static Patch gupFastTable() {
        return merged("gup-fast-table", "mm: gup: fix the fast GUP race against THP collapse", "v6.0", "2022-09",
                "70cbc3cc78a9",
                Change.between(TableWalk.PART, new TableWalk() {
                    @Override
                    protected boolean checksTheTable() {
                        return false;
                    }

                    @Override
                    protected boolean isAwaitedByCollapse() {
                        return false;
                    }
                }, COLLAPSE_V60));
    }

    private static Patch collapseSync() {
        return merged("collapse-waits-for-gup-fast", "mm/khugepaged: fix GUP-fast interaction by sending IPI", "v6.1", "2022-11",
                "2ba99c5e0881",
                Change.toToday(TableWalk.PART, COLLAPSE_V60));
    }

    /// What if page tables were freed at once?
    private static Patch tablesFreedAtOnce() {
        return posted("tables-freed-at-once", "(what if) page tables are freed while lockless walks may be in them", "2026-11",
                "an experiment, never posted",
                Change.fromToday(TableWalk.PART, new TableWalk() {
                    @Override
                    protected boolean keepsTables() {
                        return false;
                    }
                }));
    }

    /// What if nobody told the other processors?
    private static Patch noFlush() {
        return posted("no-tlb-flush", "(what if) entries are removed without flushing translations", "2026-11",
                "an experiment, never posted",
                Change.fromToday(TlbFlush.PART, new TlbFlush() {
                    @Override
                    protected void flushRange(List<? extends Translated> places) {
                        // translations stay until their processors meet a fault
                    }
                }));
    }

    /// What if pages could not leave the cache while somebody refers to them, as the text of 52f3f033a5db has it?
    private static Patch gfs2InvalWaitsForReferences() {
        return posted("gfs2-inval-waits-for-references", "(what if) a glock leaves its node when nobody refers to its pages",
                "2026-11", "an experiment, never posted",
                Change.fromToday(Glops.PART, new GlopsForReferences()));
    }

    /// What if there were no `done_before`?
    private static Patch forgottenLegs() {
        return posted("dio-without-done-before", "(what if) IOMAP_DIO_PARTIAL without done_before", "2026-11",
                "an experiment, never posted",
                Change.fromToday(DirectIo.PART, new ForgottenLegs()));
    }

    /// What if the copy into a locked page could fault? Every kernel has been careful not to.
    private static Patch writeCopyMayFault() {
        return posted("write-copy-may-fault", "(what if) copy into the page cache with page faults enabled", "2026-11",
                "an experiment, never posted",
                Change.fromToday(AtomicCopy.PART, (task, from, bytes, offset, lengthBytes) ->
                        from.copyFromIter(bytes, offset, lengthBytes)));
    }
}
