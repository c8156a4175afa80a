package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.Optional;

/// Faults on pages that are in swap: mm/memory.c. Every page goes through the swap cache, as it does where the device is
/// no memory itself. Read-ahead is left out.
final class SwapFault {
    private final Memory memory;
    private final Swap swap;

    SwapFault(Memory memory, Swap swap) {
        this.memory = memory;
        this.swap = swap;
    }

    @Models(file = "mm/memory.c", symbol = "do_swap_page")
    VmFaultResult doSwapPage(VmFault fault, Pte.Swap entry) {
        VmFaultResult major = VmFaultResult.DONE;
        Optional<Folio> cached = swap.getFolio(entry.entry());
        if (cached.isEmpty()) {
            cached = swap.readIn(entry.entry());
            major = VmFaultResult.MAJOR;
        }
        if (cached.isEmpty()) {
            return VmFaultResult.DONE; // somebody else has mapped it, and the slot is free
        }
        Folio folio = cached.get();
        VmFaultResult waited = folioLockOrRetry(fault, folio);
        if (waited.has(VmFaultResult.RETRY)) {
            folio.put();
            return waited.and(major);
        }
        VmFaultResult result = map(fault, entry, folio);
        return result.and(major);
    }

    /// Locks the folio; gives the lock of the fault up first where that means waiting, if that is permitted.
    ///
    /// @return [VmFaultResult#RETRY] with no lock held, if it did
    @Models(file = "mm/filemap.c", symbol = "__folio_lock_or_retry")
    static VmFaultResult folioLockOrRetry(VmFault fault, Folio folio) {
        if (folio.lock().tryLock()) {
            return VmFaultResult.DONE;
        }
        if (!fault.has(FaultFlag.ALLOW_RETRY) || fault.has(FaultFlag.TRIED)) {
            folio.lock().lock();
            return VmFaultResult.DONE;
        }
        if (!fault.has(FaultFlag.RETRY_NOWAIT)) {
            fault.releaseLock();
            folio.lock().awaitUnlocked();
        }
        return VmFaultResult.RETRY;
    }

    /// Maps the folio, which is locked and referenced, unless the swap cache has given it up or the entry has changed.
    /// Linux frees the slot first, as nobody can look at the entry in between.
    private VmFaultResult map(VmFault fault, Pte.Swap entry, Folio folio) {
        boolean right = folio.swap().filter(entry.entry()::equals).isPresent();
        Pte.Present mapped = new Pte.Present(folio, bits(fault, entry));
        boolean done = right && fault.slot().mapSwappedIn(entry, mapped);
        if (done) {
            swap.device().free(entry.entry());
            if (shouldTryToFreeSwap(fault, folio)) {
                swap.freeSwap(folio);
            }
        }
        folio.lock().unlock();
        folio.put(); // the entry has one of its own
        boolean more = fault.isWrite() && !mapped.writable() || fault.isUnshare() && !mapped.anonExclusive();
        return done && more ? memory.doWpPage(fault, mapped) : VmFaultResult.DONE;
    }

    /// A page that was one entry's alone is so again, and can be written at once.
    private static int bits(VmFault fault, Pte.Swap entry) {
        int protection = entry.uffdWp() ? Pte.Present.UFFD_WP : 0;
        if (!entry.exclusive()) {
            return protection;
        }
        boolean writable = fault.vma().has(VmFlag.WRITE) && !entry.uffdWp();
        int write = !writable ? 0 : fault.isWrite() ? Pte.Present.WRITE | Pte.Present.DIRTY : Pte.Present.WRITE;
        return Pte.Present.ANON_EXCLUSIVE | protection | write;
    }

    /// {@return whether the folio had better leave the swap cache, so that a write finds it alone}
    @Models(file = "mm/memory.c", symbol = "should_try_to_free_swap")
    private static boolean shouldTryToFreeSwap(VmFault fault, Folio folio) {
        return fault.vma().has(VmFlag.LOCKED) || fault.isWrite() && folio.readReferenceCount() == 3;
    }

    /// {@return whether nobody but the entry has a reference once the swap cache has given the folio up}
    @Models(file = "mm/memory.c", symbol = "wp_can_reuse_anon_folio")
    boolean isAloneWithoutSwap(VmFault fault, Pte.Present pte) {
        Folio folio = pte.folio();
        if (!fault.slot().getFolio(pte, FolioHold.REFERENCE)) {
            return false;
        }
        boolean alone = false;
        if (folio.flags().readBits(Folio.SWAPCACHE) != 0 && folio.lock().tryLock()) {
            swap.freeSwap(folio);
            alone = folio.readReferenceCount() == 2;
            folio.lock().unlock();
        }
        folio.put();
        return alone;
    }
}
