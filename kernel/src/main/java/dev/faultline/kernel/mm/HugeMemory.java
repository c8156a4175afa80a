package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import java.util.Optional;
import java.util.function.Consumer;

/// Huge pages that one entry maps: mm/huge_memory.c. Those who change a range of addresses come by here first, and go on with
/// the entries of tables.
///
/// An anonymous huge page is split into mappings of small ones, not into small pages: it goes when its last page is unmapped.
final class HugeMemory {
    private final PhysicalMemory physical;
    private final Folio zeroPage;

    HugeMemory(PhysicalMemory physical, Folio zeroPage) {
        this.physical = physical;
        this.zeroPage = zeroPage;
    }

    /// Handles a fault at the entry of the middle level, where there may be huge pages.
    ///
    /// @return nothing if it is to be handled at the entry below (`VM_FAULT_FALLBACK`)
    @Models(file = "mm/memory.c", symbol = "__handle_mm_fault")
    Optional<VmFaultResult> handle(VmFault fault) {
        Optional<PmdSlot> pmd = fault.vma().mm().pmd(fault.address());
        return pmd.flatMap(slot -> switch (slot.read()) {
            case Pmd.None _ -> isAllowable(fault.vma(), slot.address()) ? doHugePmdAnonymousPage(fault, slot) : Optional.empty();
            case Pmd.Table _, Pmd.Marker _ -> Optional.empty();
            case Pmd.Huge huge when (fault.isWrite() || fault.isUnshare()) && !huge.first().writable() -> wpHugePmd(fault, slot, huge);
            case Pmd.Huge(Pte.Present first) -> Optional.of(hugePmdSetAccessed(fault, slot, first));
        });
    }

    /// {@return whether a huge page may be mapped there}
    @Models(file = "include/linux/huge_mm.h", symbol = "thp_vma_allowable_order")
    private static boolean isAllowable(Vma vma, long start) {
        return vma.isAnonymous() && !vma.has(VmFlag.SHARED) && !vma.has(VmFlag.IO) && !vma.has(VmFlag.PFNMAP)
                && vma.mm().thp().permits(vma) && vma.start() <= start && start + Thp.BYTES <= vma.end();
    }

    @Models(file = "mm/huge_memory.c", symbol = "do_huge_pmd_anonymous_page")
    private Optional<VmFaultResult> doHugePmdAnonymousPage(VmFault fault, PmdSlot pmd) {
        if (!fault.anonPrepare()) {
            return Optional.of(VmFaultResult.RETRY);
        }
        Optional<Folio> folio = fault.isWrite() ? physical.allocateHuge("huge anonymous") : Optional.of(zeroPage);
        if (folio.isEmpty()) {
            return Optional.empty();
        }
        if (Userfault.isMissing(fault.vma())) {
            putNew(folio.get());
            return Optional.of(Userfault.ask(fault, Pte.NONE, UserFaultHandler.Reason.MISSING));
        }
        Pte.Present first = fault.isWrite() ? Pte.anonymous(folio.get(), fault.vma().has(VmFlag.WRITE)) : Pte.zeroPage(zeroPage);
        if (!pmd.set(first.taggedAs(fault.vma()))) {
            putNew(folio.get());
        }
        return Optional.of(VmFaultResult.DONE);
    }

    private static void putNew(Folio folio) {
        if (!folio.isZeroPage()) {
            folio.put();
        }
    }

    private static VmFaultResult hugePmdSetAccessed(VmFault fault, PmdSlot pmd, Pte.Present first) {
        Pte.Present touched = fault.isWrite() ? first.mkDirty() : first.mkYoung();
        if (!touched.equals(first)) {
            pmd.replace(first, touched);
        }
        return VmFaultResult.DONE;
    }

    /// A write to a huge page that is mapped read-only, or a pin of one that is shared.
    @Models(file = "mm/memory.c", symbol = "wp_huge_pmd")
    private Optional<VmFaultResult> wpHugePmd(VmFault fault, PmdSlot pmd, Pmd.Huge huge) {
        if (huge.isOfFile()) {
            split(pmd);
            return Optional.empty();
        }
        if (!fault.isUnshare() && Userfault.isProtected(fault.vma(), huge.first())) {
            if (!Userfault.isAsync(fault.vma())) {
                return Optional.of(Userfault.ask(fault, PmdSlot.pageOf(huge, fault.address()), UserFaultHandler.Reason.WP));
            }
            pmd.split();
            return Optional.empty();
        }
        return huge.isZero() ? doHugeZeroWpPmd(fault, pmd, huge.first()) : doHugePmdWpPage(fault, pmd, huge.first());
    }

    @Models(file = "mm/huge_memory.c", symbol = "do_huge_zero_wp_pmd")
    private Optional<VmFaultResult> doHugeZeroWpPmd(VmFault fault, PmdSlot pmd, Pte.Present zero) {
        Optional<Folio> folio = fault.isUnshare() ? Optional.empty() : physical.allocateHuge("huge anonymous");
        if (folio.isEmpty()) {
            pmd.split();
            return Optional.empty();
        }
        Pte.Present own = Pte.anonymous(folio.get(), fault.vma().has(VmFlag.WRITE)).taggedAs(fault.vma());
        if (!pmd.replace(zero, own)) {
            folio.get().put();
        }
        return Optional.of(VmFaultResult.DONE);
    }

    /// Goes on with the page if it is this entry's alone, else with a copy of the one small page that is written.
    @Models(file = "mm/huge_memory.c", symbol = "do_huge_pmd_wp_page")
    private static Optional<VmFaultResult> doHugePmdWpPage(VmFault fault, PmdSlot pmd, Pte.Present first) {
        boolean alone = first.anonExclusive();
        if (!alone) {
            if (!pmd.getFolio(first)) {
                return Optional.of(VmFaultResult.DONE);
            }
            Folio folio = first.folio();
            folio.lock().lock();
            alone = folio.readReferenceCount() == 2; // the entry's and that of this fault, which Linux gives back before
            folio.lock().unlock();
            folio.put();
        }
        if (!alone) {
            pmd.split();
            return Optional.empty();
        }
        Pte.Present own = first.with(Pte.Present.ANON_EXCLUSIVE);
        pmd.replace(first, fault.isUnshare() ? own : Memory.maybeMkwrite(own, fault.vma()));
        return Optional.of(VmFaultResult.DONE);
    }

    /// Lets `whole` treat the huge pages that lie in a range, and splits those that reach beyond it.
    @Models(file = "mm/huge_memory.c", symbol = "__split_huge_pmd")
    static void each(Mm mm, long start, long end, Consumer<PmdSlot> whole) {
        for (PmdSlot pmd : mm.pmds(start, end)) {
            if (pmd.read() instanceof Pmd.Huge) {
                if (start <= pmd.address() && pmd.address() + Thp.BYTES <= end) {
                    whole.accept(pmd);
                } else {
                    split(pmd);
                }
            }
        }
    }

    /// Maps what a huge page has by a table, if there is one.
    static void split(PmdSlot pmd) {
        pmd.split().ifPresent(HugeFile::drop);
    }

    /// An area is to end, or to begin, at `address`: a huge page that reaches across is split.
    @Models(file = "mm/huge_memory.c", symbol = "vma_adjust_trans_huge")
    static void adjust(Mm mm, long address) {
        if (address % Thp.BYTES != 0) {
            each(mm, address & -Content.SIZE, address + Content.SIZE, _ -> { });
        }
    }
}
