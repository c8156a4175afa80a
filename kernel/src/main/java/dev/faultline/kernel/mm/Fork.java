package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.swap.SwapDevice;
import dev.faultline.machine.task.RetryLoop;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// Copies an address space: mm/mmap.c, mm/memory.c.
///
/// Pages are shared, and write-protected where a write is to copy them; a page that somebody has pinned is
/// copied for the child at once, so that the parent and the device go on sharing theirs.
public final class Fork {
    private final PhysicalMemory physical;

    /// For the processes of a machine with that memory.
    public Fork(PhysicalMemory physical) {
        this.physical = physical;
    }

    /// Makes `child`, which is empty and nobody else knows, a copy of `parent`. Takes and drops `mmap_lock` of the
    /// parent for writing.
    @Models(file = "mm/mmap.c", symbol = "dup_mmap")
    public void dupMmap(Mm parent, Mm child) {
        parent.mmapLock().downWrite();
        if (parent.areas().stream().anyMatch(Vma::hasAnonVma) || !parent.vmaLocking().keepsOutOfFork()) {
            child.joinFamily(parent);
        }
        TlbGather tlb = new TlbGather(parent);
        UserfaultFork userfaults = new UserfaultFork(child);
        for (Vma vma : parent.areas()) {
            if (parent.vmaLocking().keepsOutOfFork()) {
                parent.vmaLocks().startWrite(vma);
            }
            if (vma.has(VmFlag.DONTCOPY)) {
                continue;
            }
            EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags());
            flags.remove(VmFlag.LOCKED);
            flags.removeAll(VmFlag.UFFD);
            Vma copy = userfaults.copied(vma, vma.forked(child, flags));
            child.insert(copy);
            vma.file().ifPresent(file -> file.mapping().replaceAreas(List.of(), List.of(copy)));
            if (!vma.has(VmFlag.WIPEONFORK) && needsCopy(vma, copy)) {
                copyPageRange(vma, copy, tlb);
            }
        }
        tlb.finish();
        parent.writeUnlock();
        userfaults.complete();
    }

    /// {@return whether faults could not fill the page table of the copy}
    @Models(file = "mm/memory.c", symbol = "vma_needs_copy")
    private static boolean needsCopy(Vma vma, Vma copy) {
        return copy.has(VmFlag.UFFD_WP) || vma.has(VmFlag.PFNMAP) || vma.has(VmFlag.IO) || vma.hasAnonVma()
                || mayBePrepared(vma);
    }

    /// {@return whether a fault that goes on meanwhile may prepare the area}
    private static boolean mayBePrepared(Vma vma) {
        Mm mm = vma.mm();
        return !mm.vmaLocking().keepsOutOfFork() && !vma.has(VmFlag.SHARED);
    }

    @Models(file = "mm/memory.c", symbol = "copy_page_range")
    private void copyPageRange(Vma vma, Vma copy, TlbGather tlb) {
        Mm parent = vma.mm();
        boolean keepsProtection = copy.has(VmFlag.UFFD_WP);
        boolean cow = vma.isCow();
        if (cow) {
            parent.writeProtectSeq().addAndGet(1);
        }
        if (vma.hugetlb().isPresent()) {
            vma.hugetlb().get().copyRange(vma, copy, keepsProtection);
        } else {
            copySmall(vma, copy, keepsProtection, tlb);
        }
        if (cow) {
            parent.writeProtectSeq().addAndGet(1);
        }
    }

    private void copySmall(Vma vma, Vma copy, boolean keepsProtection, TlbGather tlb) {
        Mm parent = vma.mm();
        Mm child = copy.mm();
        if (vma.isAnonymous()) { // those of a file come back by faults
            HugeMemory.each(parent, vma.start(), vma.end(), pmd -> copyHugePmd(pmd, child, keepsProtection, tlb));
        }
        List<PteSlot> slots = parent.vmaLocking().keepsOutOfFork()
                ? parent.slots(vma.start(), vma.end()) : parent.walk(vma.start(), vma.end());
        for (PteSlot slot : copyLarge(vma, copy, slots, tlb)) {
            PteSlot childSlot = child.slot(slot.address());
            Pte copied = protection(copyPte(vma, slot, childSlot, keepsProtection, tlb), keepsProtection);
            if (!copied.equals(Pte.NONE)) {
                childSlot.replace(Pte.NONE, copied);
            }
        }
    }

    /// Leaves a huge page that may be pinned to be copied page by page.
    private static void copyHugePmd(PmdSlot pmd, Mm child, boolean keepsProtection, TlbGather tlb) {
        if (!pmd.share(child.pmd(pmd.address()).orElseThrow(), keepsProtection, tlb)) {
            HugeMemory.split(pmd);
        }
    }

    /// Copies the entries that map pages of huge pages, one run of them at a time.
    ///
    /// @return the others
    private List<PteSlot> copyLarge(Vma vma, Vma copy, List<PteSlot> slots, TlbGather tlb) {
        List<PteSlot> others = new ArrayList<>();
        for (int i = 0; i < slots.size(); ) {
            List<PteSlot> run = PteRun.from(slots, i);
            if (run.isEmpty()) {
                others.add(slots.get(i));
                i++;
            } else {
                copyRun(vma, copy, run, tlb);
                i += run.size();
            }
        }
        return others;
    }

    private void copyRun(Vma vma, Vma copy, List<PteSlot> run, TlbGather tlb) {
        PmdSlot pmd = vma.mm().pmd(run.getFirst().address()).orElseThrow();
        List<Pte.Present> shared = new PteRun(pmd, run).share(vma.isCow(), tlb);
        List<Pte.Present> entries = shared.isEmpty() ? copyPages(vma, run) : shared;
        PmdSlot copied = copy.mm().pmd(pmd.address()).orElseThrow();
        copied.populate();
        PteRun.put(copied, run.getFirst().address(), entries.stream().map(entry -> protection(entry, copy.has(VmFlag.UFFD_WP))).toList());
    }

    /// {@return entries for copies of pages that may be pinned, all copied in one step}
    @Models(file = "mm/memory.c", symbol = "copy_present_page")
    private List<Pte.Present> copyPages(Vma vma, List<PteSlot> run) {
        List<Folio> pages = run.stream().map(slot -> slot.presentInTable().folio()).toList();
        List<Folio> copies = pages.stream().map(_ -> physical.allocate("anonymous")).toList();
        FolioData.copyAll(pages, copies);
        List<Pte.Present> entries = new ArrayList<>();
        for (int i = 0; i < run.size(); i++) {
            Pte.Present entry = Pte.anonymous(copies.get(i), vma.has(VmFlag.WRITE)).taggedAs(vma);
            entries.add(run.get(i).presentInTable().uffdWp() ? entry.mkUffdWp() : entry);
        }
        return entries;
    }

    /// {@return the entry for the child, if it has none yet; reclaim may change that of the parent meanwhile} An entry of a
    /// page that is being moved is copied under both page-table locks, so that whoever moves it finds both or the other
    /// one alone.
    @Models(file = "mm/memory.c", symbol = "copy_pte_range")
    private Pte copyPte(Vma vma, PteSlot slot, PteSlot childSlot, boolean keepsProtection, TlbGather tlb) {
        RetryLoop loop = physical.machine().retryLoop("copy_pte_range");
        for (;;) {
            switch (slot.read()) {
                case Pte.None _ -> {
                    return Pte.NONE;
                }
                case Pte.Marker marker -> {
                    return marker;
                }
                case Pte.Swap swap -> {
                    if (copyNonpresentPte(slot, swap)) {
                        return swap.shared();
                    }
                }
                case Pte.Migration migration -> {
                    Pte.Migration shared = migration.shared(vma.isCow());
                    if (slot.shareMigration(migration, shared, childSlot, protection(shared, keepsProtection))) {
                        return Pte.NONE;
                    }
                }
                case Pte.Present present -> {
                    Pte copied = copyPresentPte(vma, slot, present, tlb);
                    if (copied instanceof Pte.Present) {
                        return copied;
                    }
                }
            }
            loop.again();
        }
    }

    /// {@return whether one more entry stands for the page in swap now; else the entry has changed meanwhile}
    @Models(file = "mm/memory.c", symbol = "copy_nonpresent_pte")
    private static boolean copyNonpresentPte(PteSlot slot, Pte.Swap swap) {
        SwapDevice device = slot.mm().swap().device();
        device.duplicate(swap.entry());
        if (slot.replace(swap, swap.shared())) {
            return true;
        }
        slot.mm().swap().freeSwapAndCache(swap.entry());
        return false;
    }

    @Models(file = "mm/memory.c", symbol = "copy_present_ptes")
    private Pte copyPresentPte(Vma vma, PteSlot slot, Pte.Present present, TlbGather tlb) {
        Optional<Pte> copied = needsCopyForDma(present) ? copyPresentPage(vma, slot, present) : Optional.empty();
        return copied.orElseGet(() -> slot.share(vma.isCow(), tlb));
    }

    /// {@return the entry; whose writes the program is told of in the child only if it serves that one too}
    private static Pte protection(Pte entry, boolean kept) {
        return kept ? entry : switch (entry) {
            case Pte.None _ -> entry;
            case Pte.Marker marker -> marker == Pte.Marker.UFFD_WP ? Pte.NONE : marker;
            case Pte.Swap swap -> new Pte.Swap(swap.entry(), swap.exclusive(), false);
            case Pte.Migration(Pte.Present was) -> new Pte.Migration(was.without(Pte.Present.UFFD_WP));
            case Pte.Present present -> present.without(Pte.Present.UFFD_WP);
        };
    }

    @Models(file = "include/linux/mm.h", symbol = "folio_needs_cow_for_dma")
    private static boolean needsCopyForDma(Pte.Present pte) {
        return pte.isAnonymous() && pte.anonExclusive() && pte.folio().maybeDmaPinned();
    }

    /// {@return an entry for a copy of the page; nothing if the entry has changed meanwhile}
    @Models(file = "mm/memory.c", symbol = "copy_present_page")
    private Optional<Pte> copyPresentPage(Vma vma, PteSlot slot, Pte.Present present) {
        if (!slot.getFolio(present, FolioHold.REFERENCE)) {
            return Optional.empty();
        }
        Folio copy = physical.allocate("anonymous");
        present.folio().data().copyTo(copy.data());
        present.folio().put();
        Pte.Present entry = Pte.anonymous(copy, vma.has(VmFlag.WRITE)).taggedAs(vma);
        return Optional.of(present.uffdWp() ? entry.mkUffdWp() : entry);
    }
}
