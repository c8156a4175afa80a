package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// Fills page tables before anybody asks (mm/gup.c).
public final class Populate {
    private final Machine machine;
    private final Memory memory;

    /// For the processes of a machine.
    public Populate(Machine machine, Memory memory) {
        this.machine = machine;
        this.memory = memory;
    }

    Memory memory() {
        return memory;
    }

    /// Faults in what is mapped in the range, for writing where that makes a private copy. Takes and drops
    /// `mmap_lock` for reading.
    ///
    /// @return -EFAULT or -ENOMEM at the first page that cannot be had
    @Models(file = "mm/gup.c", symbol = "__mm_populate")
    public Optional<Errno> mmPopulate(Mm mm, long start, long end) {
        Optional<Errno> error = Optional.empty();
        long at = start;
        mm.mmapLock().downRead();
        while (at < end && error.isEmpty()) {
            Optional<Vma> vma = mm.findVma(at);
            if (vma.isEmpty() || vma.get().start() >= end) {
                break;
            }
            at = Math.max(at, vma.get().start());
            if (vma.get().has(VmFlag.IO) || vma.get().has(VmFlag.PFNMAP)) {
                at = vma.get().end();
                continue;
            }
            error = vma.get().permits(false)
                    ? page(mm, at, vma.get().has(VmFlag.WRITE) && !vma.get().has(VmFlag.SHARED))
                    : Optional.of(Errno.EFAULT);
            at = (at & -vma.get().pageBytes()) + vma.get().pageBytes();
        }
        mm.mmapLock().upRead();
        return error.map(errno -> errno == Errno.EHWPOISON ? Errno.EFAULT : errno);
    }

    /// Faults a range in for madvise(2). Takes and drops `mmap_lock` for reading.
    ///
    /// @return -ENOMEM where nothing is mapped, -EINVAL where the area does not permit it, -EHWPOISON where the page is
    ///         poisoned, -EFAULT where a program would get another signal
    @Models(file = "mm/gup.c", symbol = "faultin_page_range")
    public Optional<Errno> faultinPageRange(Mm mm, long start, long end, boolean write) {
        Optional<Errno> error = Optional.empty();
        mm.mmapLock().downRead();
        for (long at = start; at < end && error.isEmpty(); ) {
            Optional<Vma> vma = mm.vmaLookup(at);
            if (vma.isEmpty()) {
                error = Optional.of(Errno.ENOMEM);
            } else if (!Gup.checkVmaFlags(vma.get(), write ? EnumSet.of(GupFlag.WRITE) : EnumSet.noneOf(GupFlag.class))) {
                error = Optional.of(Errno.EINVAL);
            } else {
                error = page(mm, at, write);
                at = (at & -vma.get().pageBytes()) + vma.get().pageBytes();
            }
        }
        mm.mmapLock().upRead();
        return error;
    }

    /// Faults one page in. The caller holds `mmap_lock` for reading; it may be dropped and taken again.
    private Optional<Errno> page(Mm mm, long address, boolean write) {
        EnumSet<FaultFlag> flags = EnumSet.of(FaultFlag.ALLOW_RETRY);
        if (write) {
            flags.add(FaultFlag.WRITE);
        }
        RetryLoop loop = machine.retryLoop("faultin_page_range");
        for (;;) {
            Optional<Vma> vma = mm.vmaLookup(address);
            if (vma.isEmpty()) {
                return Optional.of(Errno.ENOMEM);
            }
            if (mm.slot(address).read().permits(write)) {
                return Optional.empty();
            }
            VmFaultResult result = memory.handleMmFault(vma.get(), address, flags);
            if (result.isError()) {
                return Optional.of(result.has(VmFaultResult.OOM) ? Errno.ENOMEM
                        : result.has(VmFaultResult.HWPOISON) ? Errno.EHWPOISON : Errno.EFAULT);
            }
            if (result.has(VmFaultResult.RETRY)) {
                mm.mmapLock().downRead();
                if (memory.physical().killed().isPresent()) { // fatal_signal_pending
                    return Optional.of(Errno.EINTR);
                }
                flags.add(FaultFlag.TRIED);
            }
            loop.again();
        }
    }
}
