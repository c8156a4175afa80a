package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import java.util.EnumSet;
import java.util.Optional;

/// madvise(2): mm/madvise.c.
///
/// COLD leaves every page where it is; that a page was accessed is forgotten where the processor does not note it. PAGEOUT means pages that go
/// to swap, WILLNEED anonymous pages only. Advice about merging of equal pages and core dumps is taken and changes nothing.
public final class Madvise {
    private Madvise() {}

    /// Takes `mmap_lock` as the advice needs it.
    ///
    /// @return -EINVAL; -ENOMEM if a part of the range is not mapped, the rest being done; what populating says
    @Models(file = "mm/madvise.c", symbol = "do_madvise")
    public static Optional<Errno> madvise(Populate populate, Mm mm, long start, long lengthBytes, int advice) {
        long end = start + (lengthBytes + Content.SIZE - 1 & -Content.SIZE);
        boolean wraps = Long.compareUnsigned(end, start) < 0 || lengthBytes != 0 && end == start;
        if (!isKnown(advice) || start % Content.SIZE != 0 || wraps) {
            return Optional.of(Errno.EINVAL);
        }
        if (end == start) {
            return Optional.empty();
        }
        return switch (advice) {
            case Mman.MADV_POPULATE_READ -> populate.faultinPageRange(mm, start, end, false);
            case Mman.MADV_POPULATE_WRITE -> populate.faultinPageRange(mm, start, end, true);
            case Mman.MADV_DONTNEED, Mman.MADV_DONTNEED_LOCKED, Mman.MADV_FREE -> giveBack(populate.memory(), mm, start, end, advice);
            case Mman.MADV_WILLNEED, Mman.MADV_COLD, Mman.MADV_PAGEOUT, Mman.MADV_REMOVE, Mman.MADV_COLLAPSE -> {
                mm.mmapLock().downRead();
                Optional<Errno> error = walkVmas(populate.memory(), mm, start, end, advice);
                mm.mmapLock().upRead();
                yield error;
            }
            default -> {
                mm.mmapLock().downWrite();
                Optional<Errno> error = walkVmas(populate.memory(), mm, start, end, advice);
                mm.writeUnlock();
                yield error;
            }
        };
    }

    /// Does without `mmap_lock` if the range lies in one area whose faults the program does not serve.
    @Models(file = "mm/madvise.c", symbol = "try_vma_read_lock")
    private static Optional<Errno> giveBack(Memory memory, Mm mm, long start, long end, int advice) {
        Optional<Vma> locked = mm.vmaLocking().isForAdvice() ? mm.vmaLocks().lockVmaUnderRcu(start) : Optional.empty();
        if (locked.isPresent()) {
            Vma vma = locked.get();
            boolean alone = end > 0 && end <= vma.end() && vma.userfault().isEmpty();
            Optional<Errno> error = alone ? behave(memory, vma, start, end, advice) : Optional.empty();
            mm.vmaLocks().endRead(vma, start);
            if (alone) {
                return error;
            }
        }
        mm.mmapLock().downRead();
        Optional<Errno> error = walkVmas(memory, mm, start, end, advice);
        mm.mmapLock().upRead();
        return error;
    }

    @Models(file = "mm/madvise.c", symbol = "madvise_behavior_valid")
    private static boolean isKnown(int advice) {
        return advice >= Mman.MADV_NORMAL && advice <= Mman.MADV_DONTNEED
                || advice == Mman.MADV_FREE || advice == Mman.MADV_REMOVE || advice >= Mman.MADV_DONTFORK && advice <= Mman.MADV_COLLAPSE;
    }

    /// Treats what is mapped; what is not does not stop it, but is told at the end.
    @Models(file = "mm/madvise.c", symbol = "madvise_walk_vmas")
    private static Optional<Errno> walkVmas(Memory memory, Mm mm, long start, long end, int advice) {
        Optional<Errno> unmapped = Optional.empty();
        for (long at = start; at != end; ) {
            Optional<Vma> vma = mm.findVma(at).filter(found -> Long.compareUnsigned(found.start(), end) < 0);
            if (vma.isEmpty()) {
                return Optional.of(Errno.ENOMEM);
            }
            if (vma.get().start() > at) {
                unmapped = Optional.of(Errno.ENOMEM);
                at = vma.get().start();
            }
            long to = Long.compareUnsigned(end, vma.get().end()) < 0 ? end : vma.get().end();
            Optional<Errno> error = behave(memory, vma.get(), at, to, advice);
            if (error.isPresent()) {
                return error;
            }
            at = to;
        }
        return unmapped;
    }

    @Models(file = "mm/madvise.c", symbol = "madvise_vma_behavior")
    private static Optional<Errno> behave(Memory memory, Vma vma, long start, long end, int advice) {
        boolean device = vma.has(VmFlag.PFNMAP);
        boolean locked = vma.has(VmFlag.LOCKED) || vma.has(VmFlag.HUGETLB); // can_madv_lru_vma
        return switch (advice) {
            case Mman.MADV_DONTNEED, Mman.MADV_DONTNEED_LOCKED, Mman.MADV_FREE -> dontneedFree(vma, start, end, advice);
            case Mman.MADV_REMOVE -> remove(vma, start, end);
            case Mman.MADV_COLLAPSE -> memory.collapse().madviseCollapse(vma, start, end);
            case Mman.MADV_COLD, Mman.MADV_PAGEOUT -> {
                if (device || locked) {
                    yield Optional.of(Errno.EINVAL);
                }
                if (advice == Mman.MADV_PAGEOUT) {
                    Advice.pageout(memory.reclaim(), vma, start, end);
                } else if (!vma.mm().architecture().marksEntries()) {
                    Advice.cold(vma, start, end);
                }
                yield Optional.empty();
            }
            case Mman.MADV_WILLNEED -> {
                if (!vma.has(VmFlag.HUGETLB)) {
                    Advice.willneed(vma, start, end);
                }
                yield Optional.empty();
            }
            case Mman.MADV_NORMAL, Mman.MADV_RANDOM, Mman.MADV_SEQUENTIAL, Mman.MADV_DONTFORK, Mman.MADV_DOFORK,
                    Mman.MADV_WIPEONFORK, Mman.MADV_KEEPONFORK, Mman.MADV_HUGEPAGE, Mman.MADV_NOHUGEPAGE -> modify(vma, start, end, advice);
            default -> Optional.empty();
        };
    }

    /// Punches a hole into the file, without `mmap_lock`, which is taken again.
    @Models(file = "mm/madvise.c", symbol = "madvise_remove")
    private static Optional<Errno> remove(Vma vma, long start, long end) {
        if (vma.has(VmFlag.LOCKED) || vma.file().isEmpty()) {
            return Optional.of(Errno.EINVAL);
        }
        if (!vma.has(VmFlag.SHARED) || !vma.has(VmFlag.MAYWRITE)) {
            return Optional.of(Errno.EACCES);
        }
        Userfault.remove(vma, start, end);
        vma.mm().mmapLock().upRead();
        Optional<Errno> error =
                vma.file().get().file().punchHole(vma.pageIndex(start) * Content.SIZE, end - start);
        vma.mm().mmapLock().downRead();
        return error;
    }

    @Models(file = "mm/madvise.c", symbol = "madvise_dontneed_free")
    private static Optional<Errno> dontneedFree(Vma found, long start, long end, int advice) {
        if (!isGivenBack(found, start, advice)) {
            return Optional.of(Errno.EINVAL);
        }
        long last = end & -found.pageBytes();
        if (last == start) {
            return Optional.empty();
        }
        Vma vma = found;
        if (Userfault.remove(found, start, last)) {
            Optional<Vma> again = found.mm().vmaLookup(start);
            if (again.isEmpty()) {
                return Optional.of(Errno.ENOMEM);
            }
            vma = again.get();
            if (!isGivenBack(vma, start, advice)) {
                return Optional.of(Errno.EINVAL);
            }
        }
        if (advice == Mman.MADV_FREE) {
            Advice.free(vma, start, Math.min(last, vma.end()));
        } else {
            Rmap.unmapRange(vma, start, Math.min(last & -vma.pageBytes(), vma.end()));
        }
        return Optional.empty();
    }

    @Models(file = "mm/madvise.c", symbol = "madvise_dontneed_free_valid_vma")
    private static boolean isGivenBack(Vma vma, long start, int advice) {
        if (vma.has(VmFlag.HUGETLB)) {
            return advice != Mman.MADV_FREE && start % vma.pageBytes() == 0;
        }
        return !vma.has(VmFlag.PFNMAP) && (!vma.has(VmFlag.LOCKED) || advice == Mman.MADV_DONTNEED_LOCKED)
                && (advice != Mman.MADV_FREE || vma.isAnonymous());
    }

    private static Optional<Errno> modify(Vma vma, long start, long end, int advice) {
        boolean shared = vma.has(VmFlag.SHARED) || !vma.isAnonymous();
        if (advice == Mman.MADV_DOFORK && vma.has(VmFlag.IO) || advice == Mman.MADV_WIPEONFORK && shared) {
            return Optional.of(Errno.EINVAL);
        }
        EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags());
        switch (advice) {
            case Mman.MADV_DONTFORK -> flags.add(VmFlag.DONTCOPY);
            case Mman.MADV_DOFORK -> flags.remove(VmFlag.DONTCOPY);
            case Mman.MADV_WIPEONFORK -> flags.add(VmFlag.WIPEONFORK);
            case Mman.MADV_KEEPONFORK -> flags.remove(VmFlag.WIPEONFORK);
            case Mman.MADV_HUGEPAGE, Mman.MADV_NOHUGEPAGE -> hugepageMadvise(flags, advice);
            default -> {
                flags.remove(VmFlag.RAND_READ);
                flags.remove(VmFlag.SEQ_READ);
                if (advice != Mman.MADV_NORMAL) {
                    flags.add(advice == Mman.MADV_RANDOM ? VmFlag.RAND_READ : VmFlag.SEQ_READ);
                }
            }
        }
        if (!vma.flags().equals(flags) && !VmaChange.maySplit(vma, start, end)) {
            return Optional.of(Errno.EINVAL);
        }
        VmaChange.modify(vma, start, end, flags);
        return Optional.empty();
    }

    @Models(file = "mm/khugepaged.c", symbol = "hugepage_madvise")
    private static void hugepageMadvise(EnumSet<VmFlag> flags, int advice) {
        flags.remove(VmFlag.HUGEPAGE);
        flags.remove(VmFlag.NOHUGEPAGE);
        flags.add(advice == Mman.MADV_HUGEPAGE ? VmFlag.HUGEPAGE : VmFlag.NOHUGEPAGE);
    }
}
