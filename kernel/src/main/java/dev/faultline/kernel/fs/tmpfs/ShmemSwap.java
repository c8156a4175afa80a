package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Swap;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.swap.SwapEntry;
import java.util.Optional;

/// Pages of a file on their way to swap and back. A page has two names meanwhile: its place in the file, where the number
/// of the slot stands, and the slot, for which the swap cache may have it. Slots are used again: who has found a page by its
/// slot looks, with the folio lock held, whether the slot still stands in that place.
final class ShmemSwap {
    private final ShmemInode inode;

    ShmemSwap(ShmemInode inode) {
        this.inode = inode;
    }

    private Swap swap() {
        return inode.node().userMemory().memory().swap();
    }

    private AddressSpace mapping() {
        return inode.mapping();
    }

    /// Takes a page out of memory that nothing maps. The caller holds the folio lock, which is given up, and a reference.
    /// A clean page is all zeroes, and goes without a trace.
    @Models(file = "mm/vmscan.c", symbol = "pageout")
    void reclaim(Folio folio) {
        if (folio.flags().readBits(Folio.DIRTY) == 0) {
            drop(folio);
            return;
        }
        boolean freeable = folio.readReferenceCount() == 2;
        if (freeable) {
            folio.flags().clearBits(Folio.DIRTY);
        }
        if (!freeable || !writeout(folio)) {
            folio.lock().unlock();
            return;
        }
        if (folio.lock().tryLock()) {
            boolean clean = folio.flags().readBits(Folio.DIRTY | Folio.WRITEBACK) == 0;
            if (clean && folio.swap().isPresent()) {
                swap().removeMapping(folio);
            }
            folio.lock().unlock();
        }
    }

    /// Takes a clean page out of the cache, unless somebody else has a reference to it. Who has had one marks the page dirty
    /// first and drops the reference then, so that these are looked at in the other order. Nobody counts that the page has
    /// gone: who counts next gives the block back.
    @Models(file = "mm/vmscan.c", symbol = "__remove_mapping")
    private void drop(Folio folio) {
        boolean goes = folio.readReferenceCount() == 2 && folio.flags().readBits(Folio.DIRTY) == 0;
        if (goes) {
            inode.pages().remove(folio);
            inode.blocks().hasVanished();
        }
        folio.lock().unlock();
    }

    /// Moves a page from the cache of the file to that of swap, and writes it out. It is counted as swapped first: in between
    /// it would seem to be gone, and its block would be given back.
    ///
    /// @return whether it did, and gave the folio lock up; else the page is dirty again
    @Models(file = "mm/shmem.c", symbol = "shmem_writeout")
    private boolean writeout(Folio folio) {
        long index = folio.index();
        if (!swap().isOn() || !becomesUptodate(folio, index) || !swap().allocate(folio)) {
            folio.flags().setBits(Folio.DIRTY);
            return false;
        }
        SwapEntry entry = folio.swap().orElseThrow();
        inode.accounting().swapOut(inode.blocks(), () -> {
            swap().device().duplicate(entry);
            mapping().replaceBySwap(folio, entry);
            folio.put(); // the cache's reference
        });
        if (swap().freeSwap(folio)) { // truncated already
            folio.lock().unlock();
        } else {
            swap().writeOut(folio);
        }
        return true;
    }

    /// @return whether the page may go: not if fallocate(2) is about to need it
    private boolean becomesUptodate(Folio folio, long index) {
        if (folio.flags().readBits(Folio.UPTODATE) != 0) {
            return true;
        }
        if (inode.falloc().isRunning() && inode.falloc().keepsFromSwap(index)) {
            return false;
        }
        folio.data().zero(0, Content.SIZE);
        folio.flags().setBits(Folio.UPTODATE);
        return true;
    }

    /// Brings a page back.
    ///
    /// @return the page, locked, with a reference; nothing if something else is in its place by now
    @Models(file = "mm/shmem.c", symbol = "shmem_swapin_folio")
    Optional<Folio> swapin(long index, SwapEntry entry) {
        Optional<Folio> found = swap().getFolio(entry);
        Optional<Folio> cached = found.isPresent() ? found : swap().readIn(entry);
        if (cached.isEmpty()) {
            return cached;
        }
        Folio folio = cached.get();
        folio.lock().lock();
        boolean right = folio.swap().equals(Optional.of(entry)) && mapping().isInSwap(index, entry);
        if (right) {
            Writeback.waitForFolio(folio);
            right = mapping().addExpecting(index, folio, entry);
        }
        if (!right) {
            folio.lock().unlock();
            folio.put();
            return Optional.empty();
        }
        inode.blocks().recalc(0, -1);
        swap().device().free(entry);
        swap().freeSwap(folio);
        return cached;
    }

    /// Frees a slot that stands in the place of a page, which is truncated.
    ///
    /// @return whether it still stood there
    @Models(file = "mm/shmem.c", symbol = "shmem_free_swap")
    boolean free(long index, SwapEntry entry) {
        boolean removed = mapping().removeSwap(index, entry);
        if (removed) {
            swap().freeSwapAndCache(entry);
        }
        return removed;
    }
}
