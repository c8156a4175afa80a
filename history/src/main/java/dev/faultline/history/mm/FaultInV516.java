package dev.faultline.history.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.FaultIn;
import dev.faultline.kernel.mm.Gup;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import java.util.Optional;

/// Faulting in for writing as v5.16 has it, and the posted versions of its series: area by area, as mlock does
/// it. Device memory counts as faulted in, and so does a hole that an area follows. A page that is there and may be
/// written is left as it is: its entry is not marked, as an access would mark it.
public final class FaultInV516 extends FaultIn {
    /// The form, on top of these.
    public FaultInV516(UserAccess access, Gup gup) {
        super(access, gup);
    }

    @Override
    @Models(file = "mm/gup.c", symbol = "fault_in_safe_writeable", release = "v5.16")
    public long faultInSafeWriteable(Mm mm, long address, long sizeBytes) {
        if (!accessOk(address, sizeBytes)) {
            return sizeBytes;
        }
        long end = address + sizeBytes;
        mm.mmapLock().downRead();
        long reached = walk(mm, address, end);
        mm.mmapLock().upRead();
        return reached < end ? end - reached : 0;
    }

    private long walk(Mm mm, long start, long end) {
        long at = start;
        while (at < end) {
            Optional<Vma> vma = mm.findVma(at);
            if (vma.isEmpty() || vma.get().start() >= end) {
                return at;
            }
            at = Math.max(at, vma.get().start());
            long until = Math.min(end, vma.get().end());
            long reached = deviceMemory(vma.get()) ? until : populate(mm, at, until);
            if (reached < until) {
                return reached;
            }
            at = until;
        }
        return at;
    }

    private static boolean deviceMemory(Vma vma) {
        return vma.has(VmFlag.IO) || vma.has(VmFlag.PFNMAP);
    }

    private long populate(Mm mm, long start, long end) {
        long at = start;
        while (at < end && (mm.slot(at).read().permits(true) || gup().fixupUserFault(mm, at, true).isEmpty())) {
            at = nextPage(at);
        }
        return Math.min(at, end);
    }
}
