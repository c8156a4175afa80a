package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Machine;
import java.util.EnumSet;
import java.util.Optional;

/// The fault handler: mm/memory.c.
///
/// Every branch works without the page-table lock, then installs the entry only if it is still what the
/// fault found; whoever loses that race goes home, and the access is restarted.
public final class Memory {
    private final Machine machine;
    private final PhysicalMemory physical;
    private final Folio zeroPage;
    private final Swap swap;
    private final Reclaim reclaim;
    private final Migrate migrate;
    private final SwapFault swapFault;
    private final HugeMemory hugeMemory;
    private final Collapse collapse;
    private final WpReuse wpReuse;

    /// The fault handler of a machine with that memory.
    public Memory(Machine machine, PhysicalMemory physical, WpReuse wpReuse) {
        this.wpReuse = wpReuse;
        this.machine = machine;
        this.physical = physical;
        this.zeroPage = physical.allocate("zero");
        zeroPage.becomeZeroPage();
        this.hugeMemory = new HugeMemory(physical, zeroPage);
        this.collapse = new Collapse(physical);
        this.swap = new Swap(machine, physical);
        this.reclaim = new Reclaim(swap);
        this.migrate = new Migrate(physical);
        this.swapFault = new SwapFault(this, swap);
    }

    /// {@return the machine's page frames}
    public PhysicalMemory physical() {
        return physical;
    }

    /// {@return the page of zeroes that read faults on anonymous memory map}
    public Folio zeroPage() {
        return zeroPage;
    }

    /// {@return where pages go that leave memory}
    public Swap swap() {
        return swap;
    }

    /// {@return what takes pages out of memory}
    public Reclaim reclaim() {
        return reclaim;
    }

    /// {@return what makes huge pages of small ones}
    public Collapse collapse() {
        return collapse;
    }

    /// {@return what moves pages within memory}
    public Migrate migrate() {
        return migrate;
    }

    /// Handles a fault at `address` in `vma`. The caller holds `mmap_lock` for reading, and still does
    /// afterwards unless the result has [VmFaultResult#RETRY].
    @Models(file = "mm/memory.c", symbol = "handle_mm_fault")
    public VmFaultResult handleMmFault(Vma vma, long address, EnumSet<FaultFlag> flags) {
        VmFault fault = new VmFault(vma, address, flags);
        Optional<HugetlbOperations> hugetlb = vma.hugetlb();
        if (hugetlb.isPresent()) {
            return hugetlb.get().handleFault(fault);
        }
        return hugeMemory.handle(fault).orElseGet(() -> handlePteFault(fault));
    }

    @Models(file = "mm/memory.c", symbol = "handle_pte_fault")
    private VmFaultResult handlePteFault(VmFault fault) {
        fault.found(fault.slot().read());
        if (fault.slot().isHuge()) {
            return VmFaultResult.DONE; // no table any more
        }
        return switch (fault.originalPte()) {
            case Pte.None _ -> doPteMissing(fault);
            case Pte.Marker marker -> handlePteMarker(fault, marker);
            case Pte.Swap entry -> swapFault.doSwapPage(fault, entry);
            case Pte.Migration migration -> migrationEntryWait(migration);
            case Pte.Present pte when (fault.isWrite() || fault.isUnshare()) && !pte.writable() -> doWpPage(fault, pte);
            case Pte.Present pte -> touch(fault, pte);
        };
    }

    @Models(file = "mm/memory.c", symbol = "do_pte_missing")
    private VmFaultResult doPteMissing(VmFault fault) {
        return fault.vma().isAnonymous() ? doAnonymousPage(fault) : doFault(fault);
    }

    @Models(file = "mm/memory.c", symbol = "handle_pte_marker")
    private VmFaultResult handlePteMarker(VmFault fault, Pte.Marker marker) {
        if (marker == Pte.Marker.POISONED) {
            return VmFaultResult.HWPOISON;
        }
        if (!fault.vma().has(VmFlag.UFFD_WP)) {
            fault.slot().replace(marker, Pte.NONE); // left behind: the area is no longer registered
            return VmFaultResult.DONE;
        }
        return doPteMissing(fault);
    }

    /// Waits with the locks of the fault held; the access is restarted.
    @Models(file = "mm/migrate.c", symbol = "migration_entry_wait")
    private static VmFaultResult migrationEntryWait(Pte.Migration migration) {
        migration.was().folio().lock().await();
        return VmFaultResult.DONE;
    }

    /// The entry permits the access by now: sets what the processor would have set.
    private VmFaultResult touch(VmFault fault, Pte.Present pte) {
        Pte.Present touched = fault.isWrite() ? pte.mkDirty() : pte.mkYoung();
        if (!touched.equals(pte)) {
            fault.slot().replace(pte, touched);
        }
        return VmFaultResult.DONE;
    }

    /// Maps the zero page for a read, a page of its own for a write.
    @Models(file = "mm/memory.c", symbol = "do_anonymous_page")
    private VmFaultResult doAnonymousPage(VmFault fault) {
        if (fault.vma().has(VmFlag.SHARED)) {
            return VmFaultResult.SIGBUS;
        }
        if (fault.isWrite() && !fault.anonPrepare()) {
            return VmFaultResult.RETRY;
        }
        if (Userfault.isMissing(fault.vma())) {
            return Userfault.ask(fault, fault.originalPte(), UserFaultHandler.Reason.MISSING);
        }
        if (!fault.isWrite()) {
            fault.slot().replace(fault.originalPte(), Userfault.protectedAsMarked(fault, Pte.zeroPage(zeroPage).taggedAs(fault.vma())));
            return VmFaultResult.DONE;
        }
        Folio folio = physical.allocate("anonymous");
        Pte.Present entry = Pte.anonymous(folio, fault.vma().has(VmFlag.WRITE)).taggedAs(fault.vma());
        if (!fault.slot().replace(fault.originalPte(), Userfault.protectedAsMarked(fault, entry))) {
            folio.put();
        }
        return VmFaultResult.DONE;
    }

    @Models(file = "mm/memory.c", symbol = "do_fault")
    private VmFaultResult doFault(VmFault fault) {
        if (!fault.isWrite()) {
            return doReadFault(fault);
        }
        return fault.vma().has(VmFlag.SHARED) ? doSharedFault(fault) : doCowFault(fault);
    }

    @Models(file = "mm/memory.c", symbol = "do_read_fault")
    private VmFaultResult doReadFault(VmFault fault) {
        VmOperations operations = operations(fault);
        if (!Userfault.disablesFaultAround(fault.vma()) && operations.mapPages(fault).has(VmFaultResult.NOPAGE)) {
            return VmFaultResult.NOPAGE;
        }
        VmFaultResult found = operations.fault(fault);
        if (!found.has(VmFaultResult.LOCKED)) {
            return found;
        }
        Folio folio = fault.folio();
        boolean mapped = finishFault(fault, Pte.file(folio, false, false));
        folio.lock().unlock();
        return dropUnlessMapped(folio, mapped);
    }

    /// A write to a private mapping: the page of the file is copied, and the copy mapped.
    @Models(file = "mm/memory.c", symbol = "do_cow_fault")
    private VmFaultResult doCowFault(VmFault fault) {
        if (!fault.anonPrepare()) {
            return VmFaultResult.RETRY;
        }
        Folio copy = physical.allocate("anonymous");
        VmFaultResult found = operations(fault).fault(fault);
        if (!found.has(VmFaultResult.LOCKED)) {
            copy.put();
            return found;
        }
        Folio original = fault.folio();
        original.data().copyTo(copy.data());
        boolean mapped = finishFault(fault, Pte.anonymous(copy, fault.vma().has(VmFlag.WRITE)));
        original.lock().unlock();
        original.put();
        return dropUnlessMapped(copy, mapped);
    }

    @Models(file = "mm/memory.c", symbol = "do_shared_fault")
    private VmFaultResult doSharedFault(VmFault fault) {
        VmOperations operations = operations(fault);
        VmFaultResult found = operations.fault(fault);
        if (!found.has(VmFaultResult.LOCKED)) {
            return found;
        }
        Folio folio = fault.folio();
        if (operations.wantsPageMkwrite()) {
            folio.lock().unlock();
            VmFaultResult prepared = doPageMkwrite(fault);
            if (!prepared.has(VmFaultResult.LOCKED)) {
                folio.put();
                return prepared;
            }
        }
        boolean mapped = finishFault(fault, Pte.file(folio, true, true));
        if (mapped) {
            faultDirtySharedPage(folio);
        }
        folio.lock().unlock();
        return dropUnlessMapped(folio, mapped);
    }

    /// Asks the file system whether the page may become writable. All of them come back with the folio locked and still part
    /// of the file: what Linux does for those that do not is left out.
    ///
    /// @return with [VmFaultResult#LOCKED] if so
    @Models(file = "mm/memory.c", symbol = "do_page_mkwrite")
    private static VmFaultResult doPageMkwrite(VmFault fault) {
        return operations(fault).pageMkwrite(fault);
    }

    @Models(file = "mm/memory.c", symbol = "fault_dirty_shared_page")
    private void faultDirtySharedPage(Folio folio) {
        folio.mapping().ifPresent(mapping -> mapping.dirtyFolio(folio));
    }

    /// Installs `entry` unless another task has changed the place meanwhile. Takes over the caller's
    /// reference on success.
    @Models(file = "mm/memory.c", symbol = "finish_fault")
    private boolean finishFault(VmFault fault, Pte.Present entry) {
        if (HugeFile.doSetPmd(fault, entry.folio(), entry.writable())) {
            return true;
        }
        Pte.Present tagged = entry.taggedAs(fault.vma());
        return fault.slot().replace(fault.originalPte(), Userfault.protectedAsMarked(fault, tagged));
    }

    private VmFaultResult dropUnlessMapped(Folio folio, boolean mapped) {
        if (!mapped) {
            folio.put();
            return VmFaultResult.NOPAGE;
        }
        return VmFaultResult.DONE;
    }

    /// A write to a page that is mapped read-only, or a pin of one that is shared.
    @Models(file = "mm/memory.c", symbol = "do_wp_page")
    VmFaultResult doWpPage(VmFault fault, Pte.Present found) {
        Pte.Present pte = found;
        if (!fault.isUnshare() && Userfault.isProtected(fault.vma(), pte)) {
            if (!Userfault.isAsync(fault.vma())) {
                return Userfault.ask(fault, found, UserFaultHandler.Reason.WP);
            }
            pte = found.without(Pte.Present.UFFD_WP);
            if (!fault.slot().replace(found, pte)) {
                return VmFaultResult.DONE;
            }
        }
        if (fault.vma().has(VmFlag.SHARED)) {
            return fault.isUnshare() ? VmFaultResult.DONE
                    : pte.special() ? wpPfnShared(fault, pte) : wpPageShared(fault, pte);
        }
        if (pte.anonExclusive() || wpCanReuseAnonFolio(fault, pte)) {
            Pte.Present own = pte.with(Pte.Present.ANON_EXCLUSIVE);
            fault.slot().replace(pte, fault.isUnshare() ? own : maybeMkwrite(own, fault.vma()));
            return VmFaultResult.WRITE;
        }
        return wpPageCopy(fault, pte);
    }

    /// {@return whether an anonymous page that was shared once is this entry's alone by now: there is no reference
    /// but the entry's} The count may grow afterwards only by those who find the page through this entry.
    @Models(file = "mm/memory.c", symbol = "wp_can_reuse_anon_folio")
    private boolean wpCanReuseAnonFolio(VmFault fault, Pte.Present pte) {
        if (!pte.isAnonymous() || pte.folio().isLarge()) {
            return false;
        }
        boolean cachedForSwap = swap.isOn() && pte.folio().flags().readBits(Folio.SWAPCACHE) != 0;
        if (wpReuse == WpReuse.MAPPED_ONCE && !cachedForSwap) {
            return pte.folio().readMappings() == 1;
        }
        int count = pte.folio().readReferenceCount();
        return count == 1 || count == 2 && swap.isOn() && swapFault.isAloneWithoutSwap(fault, pte);
    }

    @Models(file = "mm/memory.c", symbol = "wp_pfn_shared")
    private VmFaultResult wpPfnShared(VmFault fault, Pte.Present pte) {
        fault.slot().replace(pte, pte.mkWrite());
        return VmFaultResult.DONE;
    }

    @Models(file = "mm/memory.c", symbol = "wp_page_shared")
    private VmFaultResult wpPageShared(VmFault fault, Pte.Present pte) {
        Folio folio = pte.folio();
        if (!getMapped(fault, pte)) {
            return VmFaultResult.DONE;
        }
        fault.setFolio(folio);
        if (operations(fault).wantsPageMkwrite()) {
            VmFaultResult prepared = doPageMkwrite(fault);
            if (!prepared.has(VmFaultResult.LOCKED)) {
                folio.put();
                return prepared;
            }
        } else {
            folio.lock().lock();
        }
        if (fault.slot().replace(pte, pte.mkWrite())) {
            faultDirtySharedPage(folio);
        }
        folio.lock().unlock();
        folio.put();
        return VmFaultResult.DONE;
    }

    /// {@return the entry after a write, permitting more of them if the area does: a write may be forced}
    @Models(file = "include/linux/mm.h", symbol = "maybe_mkwrite")
    static Pte.Present maybeMkwrite(Pte.Present pte, Vma vma) {
        return vma.has(VmFlag.WRITE) ? pte.mkWrite() : pte.mkDirty();
    }

    /// Copies the page for this process alone.
    @Models(file = "mm/memory.c", symbol = "wp_page_copy")
    private VmFaultResult wpPageCopy(VmFault fault, Pte.Present pte) {
        Folio original = pte.folio();
        boolean zero = original == zeroPage;
        if (!fault.anonPrepare()) {
            return VmFaultResult.RETRY;
        }
        if (!zero && !getMapped(fault, pte)) {
            return VmFaultResult.DONE;
        }
        Folio copy = physical.allocate("anonymous");
        if (!zero) {
            original.data().copyTo(copy.data());
        }
        Pte.Present own = Pte.anonymous(copy, false).taggedAs(fault.vma());
        boolean mapped = fault.slot().replace(pte, fault.isUnshare() ? own : maybeMkwrite(own, fault.vma()));
        if (!zero) {
            original.put();
            if (mapped) {
                original.putMapping();
            }
        }
        return mapped ? VmFaultResult.WRITE : dropUnlessMapped(copy, false);
    }

    /// Takes a reference to the page that the entry maps, if it still is that entry. One step.
    private static boolean getMapped(VmFault fault, Pte.Present pte) {
        return fault.slot().getFolio(pte, FolioHold.REFERENCE);
    }

    private static VmOperations operations(VmFault fault) {
        return fault.vma().file().orElseThrow().operations();
    }

    Machine machine() {
        return machine;
    }
}
