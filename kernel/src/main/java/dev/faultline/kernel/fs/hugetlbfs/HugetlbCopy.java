package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioData;
import dev.faultline.kernel.mm.HugePte;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TlbGather;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.machine.task.NotModelled;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// Maps the huge pages of an area in a child: mm/hugetlb.c. The caller holds `mmap_lock` of the parent for writing, and the lock
/// of a shared area.
final class HugetlbCopy {
    private final Vma vma;
    private final Vma copy;
    private final boolean keepsProtection;
    private final TlbGather tlb;

    private HugetlbCopy(Vma vma, Vma copy, boolean keepsProtection) {
        this.vma = vma;
        this.copy = copy;
        this.keepsProtection = keepsProtection;
        this.tlb = new TlbGather(vma.mm());
    }

    @Models(file = "mm/hugetlb.c", symbol = "copy_hugetlb_page_range")
    static void copyPageRange(Vma vma, Vma copy, boolean keepsProtection) {
        HugetlbCopy copies = new HugetlbCopy(vma, copy, keepsProtection);
        for (long address = vma.start(); address < vma.end(); address += HugetlbInode.BYTES) {
            copies.copy(address);
        }
        copies.tlb.finish();
    }

    private void copy(long address) {
        HugePte source = HugePte.at(vma.mm(), address);
        HugePte target = HugePte.at(copy.mm(), address);
        RetryLoop loop = vma.mm().machine().retryLoop("copy_hugetlb_page_range");
        boolean done = false;
        while (!done) {
            done = switch (source.read()) {
                case Pte.None _ -> true;
                case Pte.Marker marker -> {
                    if (marker == Pte.Marker.POISONED || keepsProtection) {
                        target.fill(marker, pte -> pte.equals(Pte.NONE));
                    }
                    yield true;
                }
                case Pte.Present present -> copyPresent(source, target, present, address);
                case Pte.Swap _, Pte.Migration _ -> throw new AssertionError("never of a huge page of the pool");
            };
            if (!done) {
                loop.again();
            }
        }
    }

    /// {@return whether it is done; else the entry has changed}
    private boolean copyPresent(HugePte source, HugePte target, Pte.Present present, long address) {
        Pte.Present mine = vma.isCow() ? present.without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE) : present;
        return switch (source.share(present, mine, target, its(mine), tlb)) {
            case DONE -> true;
            case CHANGED -> false;
            case PINNED -> copyPinned(source, target, present, address);
        };
    }

    private Pte.Present its(Pte.Present mine) {
        return keepsProtection ? mine : mine.without(Pte.Present.UFFD_WP);
    }

    /// A page that somebody may have pinned is copied at once, so that parent and device go on sharing theirs. What was promised
    /// is the parent's.
    private boolean copyPinned(HugePte source, HugePte target, Pte.Present present, long address) {
        if (!source.getFolio(present)) {
            return false;
        }
        HugetlbReserve reserve = HugetlbVma.of(copy).reserve();
        long index = HugetlbVma.index(copy, address);
        Optional<Folio> made = reserve.allocate(index, false);
        if (made.isEmpty()) {
            throw new NotModelled("a fork that fails because no huge page is left to copy one that is pinned");
        }
        FolioData.copyHuge(present.folio(), made.get());
        present.folio().put();
        if (!source.read().equals(present)) {
            reserve.restoreOnError(index, made.get());
            made.get().put();
            return false;
        }
        Pte.Present own = Pte.anonymous(made.get(), vma.has(VmFlag.WRITE));
        target.map(present.uffdWp() && keepsProtection ? own.mkUffdWp() : own, pte -> pte.equals(Pte.NONE));
        return true;
    }
}
