package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// mprotect(2): mm/mprotect.c.
public final class Mprotect {
    private static final int KNOWN = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC | Mman.PROT_SEM;
    private static final EnumSet<VmFlag> ACCESS = EnumSet.of(VmFlag.READ, VmFlag.WRITE, VmFlag.EXEC);

    private Mprotect() {}

    /// Takes `mmap_lock` for writing. Areas in front of one that does not permit the change keep theirs.
    ///
    /// @return -EINVAL, -ENOMEM where nothing is mapped, -EACCES where the file was not opened for it
    @Models(file = "mm/mprotect.c", symbol = "do_mprotect_pkey")
    public static Optional<Errno> mprotect(Mm mm, long start, long lengthBytes, int protection) {
        if (start % Content.SIZE != 0) {
            return Optional.of(Errno.EINVAL);
        }
        if (lengthBytes == 0) {
            return Optional.empty();
        }
        long end = start + (lengthBytes + Content.SIZE - 1 & -Content.SIZE);
        if (Long.compareUnsigned(end, start) <= 0) {
            return Optional.of(Errno.ENOMEM);
        }
        int tags = mm.architecture().tagProtection();
        if ((protection & ~(KNOWN | tags)) != 0) {
            return Optional.of(Errno.EINVAL);
        }
        mm.mmapLock().downWrite();
        Optional<Errno> error = change(mm, start, end, VmFlag.ofProtection(mm.architecture(), protection));
        mm.writeUnlock();
        return error;
    }

    private static Optional<Errno> change(Mm mm, long start, long end, EnumSet<VmFlag> access) {
        long done = start;
        while (done != end) {
            Optional<Vma> vma = mm.vmaLookup(done);
            if (vma.isEmpty()) {
                return Optional.of(Errno.ENOMEM);
            }
            EnumSet<VmFlag> flags = EnumSet.copyOf(vma.get().flags());
            flags.removeAll(ACCESS);
            flags.addAll(access);
            if (!mm.architecture().tagsAnonymousMemoryOnly() && !access.contains(VmFlag.TAGGED)) {
                flags.remove(VmFlag.TAGGED);
            }
            if (flags.contains(VmFlag.WRITE) && !flags.contains(VmFlag.MAYWRITE)) {
                return Optional.of(Errno.EACCES);
            }
            if (!VmFlag.areValid(flags)) {
                return Optional.of(Errno.EINVAL);
            }
            long to = Long.compareUnsigned(end, vma.get().end()) < 0 ? end : vma.get().end();
            if (!vma.get().flags().equals(flags) && !VmaChange.maySplit(vma.get(), done, to)) {
                return Optional.of(Errno.EINVAL);
            }
            mprotectFixup(vma.get(), done, to, flags);
            done = to;
        }
        return Optional.empty();
    }

    @Models(file = "mm/mprotect.c", symbol = "mprotect_fixup")
    private static void mprotectFixup(Vma vma, long start, long end, EnumSet<VmFlag> flags) {
        if (vma.flags().equals(flags)) {
            return;
        }
        if (flags.contains(VmFlag.WRITE) && !vma.has(VmFlag.WRITE) && !vma.has(VmFlag.SHARED)) {
            flags.add(VmFlag.ACCOUNT);
        } else if (!flags.contains(VmFlag.WRITE) && vma.isAnonymous() && !vma.hasAnonVma()) {
            flags.remove(VmFlag.ACCOUNT);
        }
        changeProtection(VmaChange.modify(vma, start, end, flags), start, end);
    }

    /// Makes the entries of a part of an area permit what the area permits, and no more.
    @Models(file = "mm/mprotect.c", symbol = "change_protection")
    private static void changeProtection(Vma vma, long start, long end) {
        if (vma.hugetlb().isPresent()) {
            vma.hugetlb().get().changeProtection(vma, start, end, pte ->
                    pte instanceof Pte.Present present ? changeHugePte(vma, present) : pte);
            return;
        }
        TlbGather tlb = new TlbGather(vma.mm());
        HugeMemory.each(vma.mm(), start, end, pmd -> pmd.modify(first -> changePte(vma, first), tlb));
        for (PteSlot slot : vma.mm().slots(start, end)) {
            slot.modify(pte -> changePte(vma, pte), tlb);
        }
        tlb.finish();
    }

    @Models(file = "mm/mprotect.c", symbol = "change_pte_range")
    private static Pte.Present changePte(Vma vma, Pte.Present pte) {
        Pte.Present changed = pte.without(Pte.Present.WRITE | Pte.Present.PROT_NONE).taggedAs(vma);
        if (!vma.permits(false)) {
            return changed.with(Pte.Present.PROT_NONE);
        }
        return vma.has(VmFlag.WRITE) && canChangeWritable(vma, changed) ? changed.with(Pte.Present.WRITE) : changed;
    }

    /// {@return the entry as an area of huge pages of the pool has it by itself} Only of a shared one whose program serves no
    /// writes entries permit them before a fault.
    @Models(file = "arch/x86/include/asm/hugetlb.h", symbol = "huge_pte_modify")
    private static Pte.Present changeHugePte(Vma vma, Pte.Present pte) {
        Pte.Present changed = pte.without(Pte.Present.WRITE | Pte.Present.PROT_NONE).permittedBy(vma);
        boolean writable = vma.has(VmFlag.SHARED) && vma.has(VmFlag.WRITE) && !vma.has(VmFlag.UFFD_WP);
        return writable ? changed.with(Pte.Present.WRITE) : changed;
    }

    private static Pte protectHugePte(Vma vma, Pte pte, boolean enable) {
        return switch (pte) {
            case Pte.None _ -> enable ? Pte.Marker.UFFD_WP : pte;
            case Pte.Marker marker -> enable || marker != Pte.Marker.UFFD_WP ? marker : Pte.NONE;
            case Pte.Present present -> enable ? changeHugePte(vma, present).mkUffdWp()
                    : changeHugePte(vma, present).without(Pte.Present.UFFD_WP);
            case Pte.Swap _, Pte.Migration _ -> throw new AssertionError("never of a huge page of the pool: " + pte);
        };
    }

    /// Protects the entries of a range against writes for the sake of the program that serves the area, or lifts that
    /// again. The caller holds `mmap_lock` for reading.
    @Models(file = "mm/userfaultfd.c", symbol = "uffd_wp_range")
    public static void uffdWpRange(Vma vma, long start, long end, boolean enable) {
        if (vma.hugetlb().isPresent()) {
            vma.hugetlb().get().changeProtection(vma, start, end, pte -> protectHugePte(vma, pte, enable));
            return;
        }
        boolean markers = enable && (!vma.isAnonymous()
                || vma.userfault().filter(UserFaultHandler::marksUnpopulated).isPresent());
        TlbGather tlb = new TlbGather(vma.mm());
        Set<Long> done = new TreeSet<>();
        HugeMemory.each(vma.mm(), start, end, pmd -> {
            if (enable && !vma.isAnonymous()) {
                HugeMemory.split(pmd); // marked page by page
                return;
            }
            pmd.modify(first -> enable ? first.mkUffdWp() : resolved(vma, first), tlb);
            done.add(pmd.address());
        });
        if (markers) {
            vma.mm().pmds(start, end).forEach(PmdSlot::populate); // change_pmd_prepare: a mark needs a table to be in
        }
        for (long address = start; address < end; address += Content.SIZE) {
            if (done.contains(Thp.start(address))) {
                continue;
            }
            vma.mm().slot(address).change(pte -> switch (pte) {
                case Pte.None _ -> markers ? Pte.Marker.UFFD_WP : pte;
                case Pte.Marker marker -> !enable && marker == Pte.Marker.UFFD_WP ? Pte.NONE : marker;
                case Pte.Swap(SwapEntry entry, boolean exclusive, boolean _) -> new Pte.Swap(entry, exclusive, enable);
                case Pte.Migration(Pte.Present was) ->
                    new Pte.Migration(enable ? was.mkUffdWp() : resolved(vma, was));
                case Pte.Present present -> enable ? present.mkUffdWp() : resolved(vma, present);
            }, tlb);
        }
        tlb.finish();
    }

    private static Pte.Present resolved(Vma vma, Pte.Present pte) {
        Pte.Present open = pte.without(Pte.Present.UFFD_WP);
        boolean writable = vma.has(VmFlag.WRITE) && !open.protNone() && canChangeWritable(vma, open);
        return writable ? open.with(Pte.Present.WRITE) : open;
    }

    /// {@return whether a write needs no fault first: nothing is to be copied, and nobody to be told}
    @Models(file = "mm/mprotect.c", symbol = "can_change_pte_writable")
    static boolean canChangeWritable(Vma vma, Pte.Present pte) {
        if (Userfault.isProtected(vma, pte)) {
            return false;
        }
        if (!vma.has(VmFlag.SHARED)) {
            return pte.anonExclusive();
        }
        return pte.dirty() || vma.file().filter(file -> file.operations().wantsPageMkwrite()).isEmpty();
    }
}
