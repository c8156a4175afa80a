package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import java.util.EnumSet;
import java.util.Optional;

/// mlock(2) and munlock(2): mm/mlock.c. Nothing is reclaimed, so that what remains is the faults of mlock, and
/// the calls that refuse locked memory.
public final class Mlock {
    private Mlock() {}

    /// Takes `mmap_lock` for writing, then for reading to fault everything in.
    @Models(file = "mm/mlock.c", symbol = "do_mlock")
    public static Optional<Errno> mlock(Populate populate, Mm mm, long address, long lengthBytes) {
        Optional<Errno> error = apply(mm, address, lengthBytes, true);
        if (error.isPresent()) {
            return error;
        }
        long start = address & -Content.SIZE;
        return populate.mmPopulate(mm, start, end(address, lengthBytes)).map(Mlock::posixError);
    }

    /// Takes `mmap_lock` for writing.
    @Models(file = "mm/mlock.c", symbol = "__do_sys_munlock")
    public static Optional<Errno> munlock(Mm mm, long address, long lengthBytes) {
        return apply(mm, address, lengthBytes, false);
    }

    private static long end(long address, long lengthBytes) {
        long within = address & Content.SIZE - 1;
        return (address & -Content.SIZE) + (lengthBytes + within + Content.SIZE - 1 & -Content.SIZE);
    }

    @Models(file = "mm/mlock.c", symbol = "apply_vma_lock_flags")
    private static Optional<Errno> apply(Mm mm, long address, long lengthBytes, boolean lock) {
        long start = address & -Content.SIZE;
        long end = end(address, lengthBytes);
        if (Long.compareUnsigned(end, start) < 0) {
            return Optional.of(Errno.EINVAL);
        }
        mm.mmapLock().downWrite();
        boolean complete = change(mm, start, end, lock);
        mm.writeUnlock();
        return complete ? Optional.empty() : Optional.of(Errno.ENOMEM);
    }

    private static boolean change(Mm mm, long start, long end, boolean lock) {
        for (long done = start; done != end; ) {
            Optional<Vma> vma = mm.vmaLookup(done);
            if (vma.isEmpty()) {
                return false;
            }
            long to = Long.compareUnsigned(end, vma.get().end()) < 0 ? end : vma.get().end();
            mlockFixup(vma.get(), done, to, lock);
            done = to;
        }
        return true;
    }

    @Models(file = "mm/mlock.c", symbol = "mlock_fixup")
    private static void mlockFixup(Vma vma, long start, long end, boolean lock) {
        if (vma.has(VmFlag.IO) || vma.has(VmFlag.PFNMAP) || vma.has(VmFlag.HUGETLB)) {
            return; // there are no pages to keep, or they stay by themselves
        }
        EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags());
        if (lock) {
            flags.add(VmFlag.LOCKED);
        } else {
            flags.remove(VmFlag.LOCKED);
        }
        VmaChange.modify(vma, start, end, flags);
    }

    @Models(file = "mm/mlock.c", symbol = "__mlock_posix_error_return")
    private static Errno posixError(Errno errno) {
        return switch (errno) {
            case EFAULT -> Errno.ENOMEM;
            case ENOMEM -> Errno.EAGAIN;
            default -> errno;
        };
    }
}
