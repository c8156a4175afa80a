package dev.faultline.history;

import dev.faultline.history.gfs2.AutoDemotingGlock;
import dev.faultline.history.gfs2.Gfs2IoPostedV5;
import dev.faultline.history.gfs2.Gfs2IoV514;
import dev.faultline.history.gfs2.Gfs2IoV516;
import dev.faultline.history.gfs2.Gfs2IoV518;
import dev.faultline.history.iomap.BufferedIoV517;
import dev.faultline.history.iomap.DirectIoPostedV5;
import dev.faultline.history.iomap.DirectIoV514;
import dev.faultline.history.mm.FaultInV516;
import dev.faultline.history.mm.FaultInV517;
import dev.faultline.history.mm.MincoreV2619;
import dev.faultline.kernel.fs.gfs2.Gfs2Io;
import dev.faultline.kernel.fs.gfs2.Glock;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.AtomicCopy;
import dev.faultline.kernel.iov.PagePinning;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.FaultIn;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.syscall.Mincore;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The changes that are known, oldest first; those that were never merged come last.
final class Patches {
    static final List<Patch> ALL = List.of(
            mincore(), gfs2PageFault(), fixupUserFault(), gfs2Retries(), partialFaultIn(), directWriteFallback(),
            safeWriteableResult(), gfs2PageFaultV5(), gfs2PageFaultV6(), writeCopyMayFault());

    private Patches() {}

    private static Patch merged(String id, String title, String release, String date, String reference,
            UnaryOperator<Parts> before, UnaryOperator<Parts> with) {
        return new Patch(id, title, Optional.of(Release.of(release)), date, reference, before, with);
    }

    private static Patch posted(String id, String title, String date, String reference, UnaryOperator<Parts> with) {
        return new Patch(id, title, Optional.empty(), date, reference, UnaryOperator.identity(), with);
    }

    private static Patch mincore() {
        return merged("mincore-user-access", "Fix incorrect user space access locking in mincore()", "v2.6.20", "2006-12",
                "2f77d107050a",
                parts -> parts.with(Mincore.PART, new MincoreV2619()),
                parts -> parts.with(Mincore.PART, new Mincore()));
    }

    private static Patch gfs2PageFault() {
        return merged("gfs2-page-fault", "gfs2: Fix mmap + page fault deadlocks", "v5.16", "2021-11",
                "merge c03098d4b9ad",
                parts -> parts
                        .with(Gfs2Io.PART, new Gfs2IoV514())
                        .with(Glock.PART, Glock::new)
                        .with(DirectIo.PART, new DirectIoV514()),
                parts -> parts
                        .with(Gfs2Io.PART, Gfs2IoV516.asMerged())
                        .with(Glock.PART, AutoDemotingGlock::new)
                        .with(FaultIn.PART, FaultInV516::new)
                        .with(DirectIo.PART, new DirectIo()));
    }

    private static Patch fixupUserFault() {
        return merged("fault-in-fixup-user-fault", "mm: gup: make fault_in_safe_writeable() use fixup_user_fault()",
                "v5.17-rc8", "2022-03", "fe673d3f5bf1",
                parts -> parts.with(FaultIn.PART, FaultInV516::new),
                parts -> parts.with(FaultIn.PART, FaultInV517::new));
    }

    private static Patch gfs2Retries() {
        return merged("gfs2-retry-rework", "gfs2: buffered and direct I/O retries: no glock held across a fault-in",
                "v5.18", "2022-03", "124c458a401a bb7f5d96aaa8 52f3f033a5db 296abc0d91d8 e1fa9ea85ce8 fa5dfa645d85",
                parts -> parts
                        .with(Gfs2Io.PART, Gfs2IoV516.asMerged())
                        .with(Glock.PART, AutoDemotingGlock::new),
                parts -> parts
                        .with(Gfs2Io.PART, new Gfs2IoV518())
                        .with(Glock.PART, Glock::new));
    }

    private static Patch partialFaultIn() {
        return merged("write-partial-fault-in", "fs/iomap: Fix buffered write page prefaulting", "v5.18", "2022-03",
                "631f871f0717",
                parts -> parts.with(BufferedIo.PART, new BufferedIoV517()),
                parts -> parts.with(BufferedIo.PART, new BufferedIo()));
    }

    private static Patch directWriteFallback() {
        return merged("gfs2-direct-write-fallback", "gfs2: Don't get stuck writing page onto itself under direct I/O",
                "v6.4-rc6", "2023-06", "fa58cc888d67",
                parts -> parts.with(Gfs2Io.PART, new Gfs2IoV518()),
                parts -> parts.with(Gfs2Io.PART, new Gfs2Io()));
    }

    private static Patch safeWriteableResult() {
        return merged("fault-in-safe-writeable-result", "mm/gup: Fix wrongly calculated returned value in fault_in_safe_writeable()",
                "v6.15-rc3", "2025-04", "8c03ebd7cdc0",
                parts -> parts.with(FaultIn.PART, FaultInV517::new),
                parts -> parts.with(FaultIn.PART, FaultIn::new));
    }

    private static Patch gfs2PageFaultV5() {
        return posted("gfs2-page-fault-v5", "[v5,00/12] gfs2: Fix mmap + page fault deadlocks", "2021-08-03",
                "20210803191818.993968-1-agruenba@redhat.com",
                parts -> parts
                        .with(Gfs2Io.PART, new Gfs2IoPostedV5())
                        .with(FaultIn.PART, FaultInV516::new)
                        .with(DirectIo.PART, new DirectIoPostedV5())
                        .with(PagePinning.PART, new PagePinning(GupFlag.FAST_ONLY)));
    }

    private static Patch gfs2PageFaultV6() {
        return posted("gfs2-page-fault-v6", "[v6,00/19] gfs2: Fix mmap + page fault deadlocks", "2021-08-19",
                "the reply of 19 August 2021 in the thread of gfs2-page-fault-v5",
                parts -> parts
                        .with(Gfs2Io.PART, Gfs2IoV516.asPosted())
                        .with(Glock.PART, AutoDemotingGlock::new)
                        .with(FaultIn.PART, FaultInV516::new)
                        .with(DirectIo.PART, new DirectIo())
                        .with(PagePinning.PART, PagePinning.TODAY));
    }

    /// What if the copy into a locked page could fault? Every kernel has been careful not to.
    private static Patch writeCopyMayFault() {
        return posted("write-copy-may-fault", "(what if) copy into the page cache with page faults enabled", "2026-11",
                "an experiment, never posted",
                parts -> parts.with(AtomicCopy.PART, (task, from, bytes, offset, lengthBytes) ->
                        from.copyFromIter(bytes, offset, lengthBytes)));
    }
}
