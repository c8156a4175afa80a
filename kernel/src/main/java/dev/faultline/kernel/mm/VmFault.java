package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import java.util.EnumSet;
import java.util.Optional;

/// One fault on its way through the handlers (`struct vm_fault`).
public final class VmFault {
    private final Vma vma;
    private final long address;
    private final long realAddress;
    private final EnumSet<FaultFlag> flags;
    private Pte originalPte = Pte.NONE;
    private Optional<Folio> folio = Optional.empty();

    VmFault(Vma vma, long address, EnumSet<FaultFlag> flags) {
        this.vma = vma;
        this.address = address & -vma.pageBytes();
        this.realAddress = address;
        this.flags = flags;
    }

    /// {@return the area}
    public Vma vma() {
        return vma;
    }

    /// {@return the address, rounded down to a page}
    public long address() {
        return address;
    }

    /// {@return the address of the first byte that was touched}
    public long realAddress() {
        return realAddress;
    }

    /// {@return the index of the page in the file}
    public long pageIndex() {
        return vma.pageIndex(address);
    }

    /// {@return whether the flag is set}
    public boolean has(FaultFlag flag) {
        return flags.contains(flag);
    }

    /// {@return whether the access is a write}
    public boolean isWrite() {
        return flags.contains(FaultFlag.WRITE);
    }

    /// {@return whether the access needs the page for this process alone, though it is no write}
    public boolean isUnshare() {
        return flags.contains(FaultFlag.UNSHARE);
    }

    /// Gives up the lock under which the fault is handled: `mmap_lock`, or that of the area. One step.
    @Models(file = "include/linux/mmap_lock.h", symbol = "release_fault_lock")
    public void releaseLock() {
        if (has(FaultFlag.VMA_LOCK)) {
            vma.mm().vmaLocks().endRead(vma, address);
        } else {
            vma.mm().mmapLock().upRead();
        }
    }

    /// Prepares the area for pages that are no file's. That takes `mmap_lock`, which a fault that has the lock of its area only
    /// gets for a moment, or starts over with. Two steps for that, the first time.
    ///
    /// @return whether the area is prepared; otherwise the lock of the area is given up
    @Models(file = "mm/memory.c", symbol = "__vmf_anon_prepare")
    public boolean anonPrepare() {
        if (vma.hasAnonVma()) {
            return true;
        }
        boolean borrows = has(FaultFlag.VMA_LOCK);
        if (borrows && !vma.mm().mmapLock().downReadTrylock()) {
            releaseLock();
            return false;
        }
        vma.anonVmaPrepare();
        if (borrows) {
            vma.mm().mmapLock().upRead();
        }
        return true;
    }

    /// {@return the entry that the fault found}
    public Pte originalPte() {
        return originalPte;
    }

    void found(Pte pte) {
        originalPte = pte;
    }

    /// {@return the place of the entry}
    public PteSlot slot() {
        return vma.mm().slot(address);
    }

    /// {@return the page that a handler found}
    ///
    /// @throws java.util.NoSuchElementException if none did
    public Folio folio() {
        return folio.orElseThrow();
    }

    /// Hands the page over, with a reference.
    public void setFolio(Folio found) {
        folio = Optional.of(found);
    }
}
