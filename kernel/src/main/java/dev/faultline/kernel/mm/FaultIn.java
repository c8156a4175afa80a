package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;

/// Faults user memory in by hand, before locks are taken under which a fault must not happen
/// (mm/gup.c). Nothing is held afterwards: a page may be gone before the next instruction.
///
/// All return the number of bytes *not* faulted in, counted from the end: 0 is everything, the whole size
/// is nothing. Never called with a lock held that a fault handler takes.
public class FaultIn {
    /// The seam at which other forms of these functions plug in.
    public static final Part<Factory> PART = new Part<>("mm.FaultIn", Factory.class);

    /// Makes the functions for one machine.
    public interface Factory {
        /// {@return the functions, on top of these}
        FaultIn create(UserAccess access, Gup gup);
    }

    private final UserAccess access;
    private final Gup gup;

    /// Today's functions.
    public FaultIn(UserAccess access, Gup gup) {
        this.access = access;
        this.gup = gup;
    }

    /// Reads one byte of each page of the range.
    @Models(file = "mm/gup.c", symbol = "fault_in_readable")
    public long faultInReadable(long address, long sizeBytes) {
        if (!accessOk(address, sizeBytes)) {
            return sizeBytes;
        }
        long end = address + sizeBytes;
        for (long at = address; at < end; at = nextPage(at)) {
            if (!access.probeReadable(at)) {
                return end - at;
            }
        }
        return 0;
    }

    /// Writes a zero to the first byte of the range in each page.
    @Models(file = "mm/gup.c", symbol = "fault_in_writeable")
    public long faultInWriteable(long address, long sizeBytes) {
        if (!accessOk(address, sizeBytes)) {
            return sizeBytes;
        }
        long end = address + sizeBytes;
        for (long at = address; at < end; at = nextPage(at)) {
            if (!access.probeWriteable(at)) {
                return end - at;
            }
        }
        return 0;
    }

    /// Writes a zero to the first byte of the range in each page, and reads a byte of each granule that has a tag of its
    /// own. What holds for the granule may hold for reading alone on an architecture without tags.
    @Models(file = "mm/gup.c", symbol = "fault_in_subpage_writeable")
    public long faultInSubpageWriteable(Mm mm, long address, long sizeBytes) {
        long faultedIn = sizeBytes - faultInWriteable(address, sizeBytes);
        if (faultedIn > 0 && mm.architecture().probesGranules()) {
            faultedIn -= probeSubpageWriteable(address, faultedIn);
        }
        return sizeBytes - faultedIn;
    }

    @Models(file = "arch/arm64/include/asm/uaccess.h", symbol = "probe_subpage_writeable")
    private long probeSubpageWriteable(long address, long sizeBytes) {
        long end = address + sizeBytes;
        for (long at = address; at < end; at = nextPage(at)) {
            int here = (int) (Math.min(nextPage(at), end) - at);
            int reached = access.readable(at, here);
            if (reached < here) {
                return end - at - reached;
            }
        }
        return 0;
    }

    /// Faults the range in for writing without changing it. Takes and drops `mmap_lock` for reading.
    @Models(file = "mm/gup.c", symbol = "fault_in_safe_writeable")
    public long faultInSafeWriteable(Mm mm, long address, long sizeBytes) {
        if (!accessOk(address, sizeBytes)) {
            return sizeBytes;
        }
        long end = address + sizeBytes;
        long at = address;
        mm.mmapLock().downRead();
        while (at < end && gup.fixupUserFault(mm, at, true).isEmpty()) {
            at = nextPage(at);
        }
        mm.mmapLock().upRead();
        return at < end ? end - at : 0;
    }

    /// {@return accesses to user memory, for forms of these functions}
    protected final UserAccess access() {
        return access;
    }

    /// {@return get_user_pages, for forms of these functions}
    protected final Gup gup() {
        return gup;
    }

    /// {@return whether the range is in the part of the address space that programs may have}
    protected final boolean accessOk(long address, long sizeBytes) {
        return access.accessOk(address, sizeBytes);
    }

    /// {@return the start of the page behind the one that `address` is in}
    protected static long nextPage(long address) {
        return (address & -Content.SIZE) + Content.SIZE;
    }
}
