package dev.faultline.kernel.syscall;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import java.util.Optional;

/// msync(2): mm/msync.c. Whole files are written, as fsync(2) does.
final class Msync {
    private static final int KNOWN = Mman.MS_ASYNC | Mman.MS_INVALIDATE | Mman.MS_SYNC;

    private Msync() {}

    /// Takes `mmap_lock` for reading, and drops it while a file is written.
    @Models(file = "mm/msync.c", symbol = "__do_sys_msync")
    static Optional<Errno> msync(Mm mm, long start, long lengthBytes, int flags) {
        boolean both = (flags & Mman.MS_ASYNC) != 0 && (flags & Mman.MS_SYNC) != 0;
        if ((flags & ~KNOWN) != 0 || start % Content.SIZE != 0 || both) {
            return Optional.of(Errno.EINVAL);
        }
        long end = start + (lengthBytes + Content.SIZE - 1 & -Content.SIZE);
        if (Long.compareUnsigned(end, start) < 0) {
            return Optional.of(Errno.ENOMEM);
        }
        return end == start ? Optional.empty() : walk(mm, start, end, flags);
    }

    private static Optional<Errno> walk(Mm mm, long start, long end, int flags) {
        Optional<Errno> unmapped = Optional.empty();
        mm.mmapLock().downRead();
        for (long at = start; at < end; ) {
            Optional<Vma> vma = mm.findVma(at).filter(found -> found.start() < end);
            boolean hole = vma.isEmpty() || vma.get().start() > at;
            if (vma.isEmpty() || hole && flags == Mman.MS_ASYNC) {
                mm.mmapLock().upRead();
                return Optional.of(Errno.ENOMEM);
            }
            unmapped = hole ? Optional.of(Errno.ENOMEM) : unmapped;
            if ((flags & Mman.MS_INVALIDATE) != 0 && vma.get().has(VmFlag.LOCKED)) {
                mm.mmapLock().upRead();
                return Optional.of(Errno.EBUSY);
            }
            at = vma.get().end();
            if ((flags & Mman.MS_SYNC) != 0 && vma.get().has(VmFlag.SHARED) && vma.get().file().isPresent()) {
                mm.mmapLock().upRead();
                Optional<Errno> error = vma.get().file().get().file().fsync();
                if (error.isPresent() || at >= end) {
                    return error.isPresent() ? error : unmapped;
                }
                mm.mmapLock().downRead();
            }
        }
        mm.mmapLock().upRead();
        return unmapped;
    }
}
