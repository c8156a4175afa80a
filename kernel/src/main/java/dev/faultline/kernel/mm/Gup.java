package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// Get user pages: mm/gup.c. Counts are in pages.
///
/// Left out: moving pages out of zones where a long-term pin must not keep them. TOUCH, REMOTE, DUMP,
/// INTERRUPTIBLE, HONOR_NUMA_FAULT and PCI_P2PDMA would make no difference, as what they look at is not modelled.
public final class Gup {
    private final Machine machine;
    private final Memory memory;
    private final ForkRace forkRace;
    private final ForcedWrite forcedWrite;
    private final GupCow cow;

    /// Walks the page tables of whichever process runs.
    public Gup(Machine machine, Memory memory, ForkRace forkRace, ForcedWrite forcedWrite, GupCow cow) {
        this.cow = cow;
        this.machine = machine;
        this.memory = memory;
        this.forkRace = forkRace;
        this.forcedWrite = forcedWrite;
    }

    /// Looks the pages up without locks first, and takes the slow way for the rest.
    ///
    /// @param address rounded down to a page
    /// @return an error only if there is not even the first page
    @Models(file = "mm/gup.c", symbol = "get_user_pages_fast")
    public GupResult getUserPagesFast(long address, int pages, EnumSet<GupFlag> flags) {
        long start = currentMm().architecture().untagged(address) & -Content.SIZE;
        if (start < 0 || start > Mm.TASK_SIZE - (long) pages * Content.SIZE) {
            return new GupResult.Failed(Errno.EFAULT);
        }
        List<Folio> found = locklessPagesFromMm(start, pages, cow == GupCow.FORCED ? withWrite(flags) : flags);
        if (found.size() == pages || flags.contains(GupFlag.FAST_ONLY)) {
            return new GupResult.Pages(found);
        }
        GupResult rest = getUserPagesLocked(start + (long) found.size() * Content.SIZE, pages - found.size(), flags);
        switch (rest) {
            case GupResult.Pages(List<Folio> more) -> found.addAll(more);
            case GupResult.Failed _ when found.isEmpty() -> {
                return rest;
            }
            case GupResult.Failed _ -> { } // a later page: the caller learns of it when it calls again
        }
        return new GupResult.Pages(found);
    }

    private static EnumSet<GupFlag> withWrite(EnumSet<GupFlag> flags) {
        EnumSet<GupFlag> more = EnumSet.of(GupFlag.WRITE);
        more.addAll(flags);
        return more;
    }

    /// {@return what is asked for at an address: to write, where a page is to be the program's own first}
    private EnumSet<GupFlag> asked(Mm mm, long address, EnumSet<GupFlag> flags) {
        boolean forced = cow == GupCow.FORCED
                && mm.vmaLookup(address).filter(vma -> vma.isCow() && vma.has(VmFlag.WRITE)).isPresent();
        return forced ? withWrite(flags) : flags;
    }

    /// The lockless walk: reads each entry, takes a reference, and reads the entry again, because the page
    /// may have been unmapped and reused in between.
    @Models(file = "mm/gup.c", symbol = "gup_fast")
    private List<Folio> locklessPagesFromMm(long start, int pages, EnumSet<GupFlag> flags) {
        Mm mm = currentMm();
        List<Folio> found = new ArrayList<>(pages);
        boolean looksOut = flags.contains(GupFlag.PIN) && forkRace == ForkRace.CHECKED;
        long sequence = 0;
        if (looksOut) {
            sequence = mm.writeProtectSeq().read();
            if (sequence % 2 != 0) {
                return found; // a fork is at work
            }
        }
        if (mm.hasHugeEntries()) {
            mm.locklessWalks().enter();
            gupFastPmdRange(mm, start, start + (long) pages * Content.SIZE, flags, found);
            mm.locklessWalks().leave();
        }
        for (int i = found.size(); i < pages && !mm.hasHugeEntries(); i++) {
            if (!gupFastPte(mm.slot(start + (long) i * Content.SIZE), flags, found)) {
                break;
            }
        }
        if (looksOut && !found.isEmpty() && mm.writeProtectSeq().read() != sequence) {
            found.forEach(FolioHold.PIN::release); // a fork ran, and may have missed the pins
            found.clear();
        }
        return found;
    }

    private static FolioHold hold(EnumSet<GupFlag> flags) {
        return flags.contains(GupFlag.PIN) ? FolioHold.PIN : FolioHold.REFERENCE;
    }

    /// The walk where there may be huge pages: the entry above is read first, and after a reference was taken once more.
    @Models(file = "mm/gup.c", symbol = "gup_fast_pmd_range")
    private static void gupFastPmdRange(Mm mm, long start, long end, EnumSet<GupFlag> flags, List<Folio> found) {
        boolean all = true;
        for (long at = start; at < end && all; at = Thp.start(at) + Thp.BYTES) {
            PmdSlot slot = mm.pmd(at).orElseThrow();
            long next = Math.min(end, Thp.start(at) + Thp.BYTES);
            all = switch (slot.read()) {
                case Pmd.None _, Pmd.Marker _ -> false;
                case Pmd.Huge huge -> gupFastPmdLeaf(slot, huge, at, next, flags, found);
                case Pmd.Table table -> gupFastPteRange(mm, slot, table, at, next, flags, found);
            };
        }
    }

    @Models(file = "mm/gup.c", symbol = "gup_fast_pmd_leaf")
    private static boolean gupFastPmdLeaf(PmdSlot slot, Pmd.Huge huge, long start, long end, EnumSet<GupFlag> flags, List<Folio> found) {
        Pte.Present first = huge.first();
        if (!first.permits(flags.contains(GupFlag.WRITE)) || first.special()) {
            return false;
        }
        int pages = (int) ((end - start) / Content.SIZE);
        if (!first.folio().tryGrab(hold(flags), pages)) {
            return false;
        }
        if (!slot.read().equals(huge) || needsTheArea(first, flags) || mustUnshare(Optional.empty(), first, flags)) {
            first.folio().release(hold(flags), pages);
            return false;
        }
        for (long at = start; at < end; at += Content.SIZE) {
            found.add(PmdSlot.pageOf(huge, at).folio());
        }
        return true;
    }

    @Models(file = "mm/gup.c", symbol = "gup_fast_pte_range")
    private static boolean gupFastPteRange(Mm mm, PmdSlot above, Pmd.Table table, long start, long end, EnumSet<GupFlag> flags,
            List<Folio> found) {
        for (long at = start; at < end; at += Content.SIZE) {
            PteSlot slot = mm.slot(at);
            Pte pte = slot.read(table);
            if (!(pte instanceof Pte.Present present) || !present.permits(flags.contains(GupFlag.WRITE)) || present.special()
                    || !present.folio().tryGrab(hold(flags))) {
                return false;
            }
            if (mm.tableWalk().checksTheTable() && !above.read().equals(table) || !slot.read(table).equals(pte) || needsTheArea(present, flags)
                    || mustUnshare(Optional.empty(), present, flags)) {
                hold(flags).release(present.folio());
                return false;
            }
            found.add(present.folio());
        }
        return true;
    }

    @Models(file = "mm/gup.c", symbol = "gup_fast_pte_range")
    private static boolean gupFastPte(PteSlot slot, EnumSet<GupFlag> flags, List<Folio> found) {
        Pte pte = slot.read();
        if (!(pte instanceof Pte.Present present) || !present.permits(flags.contains(GupFlag.WRITE))) {
            return false;
        }
        if (present.special()) {
            return false; // needs the area to be told what it is
        }
        Folio folio = present.folio();
        if (!folio.tryGrab(hold(flags))) {
            return false;
        }
        if (!slot.read().equals(pte) || needsTheArea(present, flags) || mustUnshare(Optional.empty(), present, flags)) {
            hold(flags).release(folio);
            return false;
        }
        found.add(folio);
        return true;
    }

    /// {@return whether only the area can tell if a long-term pin may write to the page}
    @Models(file = "mm/gup.c", symbol = "gup_fast_folio_allowed")
    private static boolean needsTheArea(Pte.Present pte, EnumSet<GupFlag> flags) {
        return flags.contains(GupFlag.LONGTERM) && flags.contains(GupFlag.WRITE) && pte.folio().isFileBacked();
    }

    /// {@return whether a pin for reading would come to show other bytes than the program's own memory, as a
    /// write of the program would copy the page}
    @Models(file = "include/linux/mm.h", symbol = "gup_must_unshare")
    private static boolean mustUnshare(Optional<Vma> vma, Pte.Present pte, EnumSet<GupFlag> flags) {
        if (pte.writable() || !flags.contains(GupFlag.PIN) || flags.contains(GupFlag.WRITE)) {
            return false;
        }
        if (!pte.isAnonymous()) {
            return flags.contains(GupFlag.LONGTERM) && vma.map(Vma::isCow).orElse(true);
        }
        return !pte.anonExclusive();
    }

    /// Takes `mmap_lock` for reading and walks area by area, faulting in what is missing.
    @Models(file = "mm/gup.c", symbol = "__gup_longterm_locked")
    private GupResult getUserPagesLocked(long start, int pages, EnumSet<GupFlag> flags) {
        EnumSet<GupFlag> unlockable = EnumSet.of(GupFlag.UNLOCKABLE);
        unlockable.addAll(flags);
        Mm mm = currentMm();
        mm.mmapLock().downRead();
        GupResult result = getUserPagesRemote(mm, start, pages, unlockable);
        mm.mmapLock().upRead();
        return result;
    }

    /// Looks pages of any address space up, and faults in what is missing. The caller holds `mmap_lock` of it for reading,
    /// and still does afterwards; with [GupFlag#UNLOCKABLE] it may be dropped and taken again in between.
    ///
    /// @param start a multiple of the page size
    /// @return an error only if there is not even the first page
    @Models(file = "mm/gup.c", symbol = "__get_user_pages_locked")
    public GupResult getUserPagesRemote(Mm mm, long start, int pages, EnumSet<GupFlag> flags) {
        List<Folio> found = new ArrayList<>(pages);
        Optional<Errno> error = Optional.empty();
        while (found.size() < pages && error.isEmpty()) {
            error = getUserPage(mm, start + (long) found.size() * Content.SIZE, flags, found);
        }
        boolean failed = error.filter(errno -> errno != Errno.EBUSY).isPresent(); // to have to wait is no error
        return found.isEmpty() && failed ? new GupResult.Failed(error.get()) : new GupResult.Pages(found);
    }

    /// Adds the page at `address`. The caller holds `mmap_lock` for reading; it may be dropped and taken again.
    @Models(file = "mm/gup.c", symbol = "__get_user_pages")
    private Optional<Errno> getUserPage(Mm mm, long address, EnumSet<GupFlag> flags, List<Folio> found) {
        RetryLoop loop = machine.retryLoop("__get_user_pages");
        EnumSet<FaultFlag> faultFlags = retryFlags(flags);
        ForcedWrite.Attempt attempt = forcedWrite.attempt(asked(mm, address, flags));
        for (;;) {
            Optional<Vma> vma = mm.vmaLookup(address);
            if (vma.isEmpty() || !checkVmaFlags(vma.get(), attempt.flags()) || !longtermAllowed(vma.get(), flags)) {
                return Optional.of(Errno.EFAULT);
            }
            Follow followed = followPage(vma.get(), address, attempt, found);
            if (followed == Follow.FOUND) {
                return Optional.empty();
            }
            faultFlags.removeAll(EnumSet.of(FaultFlag.UNSHARE, FaultFlag.WRITE));
            if (attempt.flags().contains(GupFlag.WRITE)) {
                faultFlags.add(FaultFlag.WRITE);
            } else if (followed == Follow.MUST_UNSHARE) {
                faultFlags.add(FaultFlag.UNSHARE);
            }
            Optional<Errno> error = faultinPage(vma.get(), address, attempt, faultFlags);
            if (error.isPresent()) {
                return error;
            }
            loop.again(attempt.remembered());
        }
    }

    private static EnumSet<FaultFlag> retryFlags(EnumSet<GupFlag> flags) {
        if (flags.contains(GupFlag.NOWAIT)) {
            return EnumSet.of(FaultFlag.ALLOW_RETRY, FaultFlag.RETRY_NOWAIT);
        }
        return flags.contains(GupFlag.UNLOCKABLE) ? EnumSet.of(FaultFlag.ALLOW_RETRY) : EnumSet.noneOf(FaultFlag.class);
    }

    /// {@return whether pages of the area can be had at all}
    @Models(file = "mm/gup.c", symbol = "check_vma_flags")
    static boolean checkVmaFlags(Vma vma, EnumSet<GupFlag> flags) {
        if (vma.has(VmFlag.IO) || vma.has(VmFlag.PFNMAP) || flags.contains(GupFlag.ANON) && !vma.isAnonymous()) {
            return false;
        }
        boolean force = flags.contains(GupFlag.FORCE);
        return flags.contains(GupFlag.WRITE) ? vma.has(VmFlag.WRITE) || force && vma.isCow() && !vma.has(VmFlag.HUGETLB)
                : vma.has(VmFlag.READ) || force && vma.has(VmFlag.MAYREAD);
    }

    /// {@return whether the area lets a long-term pin write: to a file that has to know what is dirty it must not}
    @Models(file = "mm/gup.c", symbol = "writable_file_mapping_allowed")
    private static boolean longtermAllowed(Vma vma, EnumSet<GupFlag> flags) {
        return !flags.contains(GupFlag.LONGTERM) || !flags.contains(GupFlag.WRITE) || !vma.has(VmFlag.SHARED)
                || vma.file().filter(file -> file.operations().wantsPageMkwrite()).isEmpty();
    }

    /// What looking for a page came to.
    private enum Follow { FOUND, MISSING, MUST_UNSHARE }

    @Models(file = "mm/gup.c", symbol = "follow_page_mask")
    private static Follow followPage(Vma vma, long address, ForcedWrite.Attempt attempt, List<Folio> found) {
        EnumSet<GupFlag> flags = attempt.flags();
        PteSlot slot = vma.mm().slot(address);
        Pte pte = slot.read();
        if (!(pte instanceof Pte.Present present)) {
            return Follow.MISSING;
        }
        if (flags.contains(GupFlag.WRITE) && !present.writable() && !attempt.canFollowWrite(vma, present)) {
            return Follow.MISSING;
        }
        if (mustUnshare(Optional.of(vma), present, flags)) {
            return Follow.MUST_UNSHARE;
        }
        boolean free = present.folio().isZeroPage() && flags.contains(GupFlag.PIN);
        if (!free && !slot.getFolio(present, hold(flags))) {
            return Follow.MISSING;
        }
        found.add(present.folio());
        return Follow.FOUND;
    }

    @Models(file = "mm/gup.c", symbol = "faultin_page")
    private Optional<Errno> faultinPage(Vma vma, long address, ForcedWrite.Attempt attempt, EnumSet<FaultFlag> faultFlags) {
        if (attempt.flags().contains(GupFlag.NOFAULT)) {
            return Optional.of(Errno.EFAULT);
        }
        VmFaultResult result = memory.handleMmFault(vma, address, faultFlags);
        if (result.has(VmFaultResult.RETRY)) {
            if (faultFlags.contains(FaultFlag.RETRY_NOWAIT)) {
                return Optional.of(Errno.EBUSY);
            }
            faultFlags.add(FaultFlag.TRIED);
            vma.mm().mmapLock().downRead();
            return memory.physical().killed().map(_ -> Errno.EINTR); // fatal_signal_pending
        }
        if (result.isError()) {
            return Optional.of(errno(result, attempt.flags().contains(GupFlag.HWPOISON)));
        }
        attempt.handled(vma, result);
        return Optional.empty();
    }

    @Models(file = "include/linux/mm.h", symbol = "vm_fault_to_errno")
    private static Errno errno(VmFaultResult result, boolean tellsPoison) {
        if (result.has(VmFaultResult.OOM)) {
            return Errno.ENOMEM;
        }
        return tellsPoison && result.has(VmFaultResult.HWPOISON) ? Errno.EHWPOISON : Errno.EFAULT;
    }

    /// Resolves a fault at an address by hand, as an access would. The caller holds `mmap_lock` for reading,
    /// and still does afterwards.
    ///
    /// @return nothing on success; -EFAULT where no access would succeed, -ENOMEM; -EINTR if the process is killed
    @Models(file = "mm/gup.c", symbol = "fixup_user_fault")
    public Optional<Errno> fixupUserFault(Mm mm, long tagged, boolean write) {
        long address = mm.architecture().untagged(tagged);
        EnumSet<FaultFlag> faultFlags = EnumSet.of(FaultFlag.ALLOW_RETRY);
        if (write) {
            faultFlags.add(FaultFlag.WRITE);
        }
        RetryLoop loop = machine.retryLoop("fixup_user_fault");
        for (;;) {
            Optional<Vma> vma = mm.vmaLookup(address);
            if (vma.isEmpty() || !vma.get().has(write ? VmFlag.WRITE : VmFlag.READ)) {
                return Optional.of(Errno.EFAULT);
            }
            VmFaultResult result = memory.handleMmFault(vma.get(), address, faultFlags);
            if (result.isError()) {
                return Optional.of(errno(result, false));
            }
            if (!result.has(VmFaultResult.RETRY)) {
                return Optional.empty();
            }
            mm.mmapLock().downRead();
            if (memory.physical().killed().isPresent()) { // fatal_signal_pending
                return Optional.of(Errno.EINTR);
            }
            faultFlags.add(FaultFlag.TRIED);
            loop.again();
        }
    }

    private Mm currentMm() {
        return TaskStruct.current(machine).mm().orElseThrow();
    }
}
