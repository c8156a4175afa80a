package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.swap.SwapEntry;
import java.util.List;
import java.util.Optional;

/// Takes pages away from those who map them: mm/vmscan.c, and the part of mm/rmap.c that it needs. The caller has
/// a reference to the page, which is given back. Writing out completes at once, as with swap in memory.
///
/// Left out: the lists that pages wait on.
public final class Reclaim {
    private final Swap swap;

    Reclaim(Swap swap) {
        this.swap = swap;
    }

    /// Takes the page that an entry maps, if it is one of the process's own, and tries to swap it out.
    public void reclaim(Mm mm, long address) {
        PteSlot slot = mm.slot(address);
        if (slot.read() instanceof Pte.Present present && isSmall(present) && slot.getFolio(present)) {
            reclaimPages(List.of(present.folio()), mm.anonVma());
        }
    }

    private static boolean isSmall(Pte.Present present) {
        return present.isAnonymous() && !present.folio().isLarge();
    }

    /// Takes a page of a file out of memory, if it can be brought back. The caller's reference to it is given back.
    public void reclaimFilePage(Folio folio) {
        if (!folio.isLarge() && folio.lock().tryLock()) {
            shrinkFileFolio(folio);
        }
        folio.put();
    }

    /// Tries to swap a page out that one of those programs maps.
    ///
    /// @return whether there is one, and the page was not being freed
    public boolean reclaimOf(List<Mm> programs, Folio folio) {
        Optional<Mm> owner = programs.stream().filter(mm -> !mm.slotsOf(folio).isEmpty()).findFirst();
        boolean there = owner.isPresent() && folio.tryGet();
        if (there) {
            reclaimPages(List.of(folio), owner.get().anonVma());
        }
        return there;
    }

    /// The caller's reference to each page is given back.
    ///
    /// @param anonVma who may map those that are not of a file
    @Models(file = "mm/vmscan.c", symbol = "reclaim_pages")
    void reclaimPages(List<Folio> folios, AnonVmaRoot anonVma) {
        for (Folio folio : folios) {
            if (folio.isFileBacked()) {
                reclaimFilePage(folio);
            } else {
                if (folio.lock().tryLock()) {
                    shrinkFolio(folio, anonVma);
                }
                folio.put();
            }
        }
    }

    /// Gives the folio lock up.
    @Models(file = "mm/vmscan.c", symbol = "shrink_folio_list")
    private void shrinkFolio(Folio folio, AnonVmaRoot anonVma) {
        if (folio.flags().readBits(Folio.LAZYFREE) != 0) {
            tryToDiscard(folio, anonVma);
            folio.lock().unlock();
            return;
        }
        boolean has = folio.swap().isPresent() || !folio.maybeDmaPinned() && addToSwap(folio);
        if (!has || !tryToUnmap(folio, anonVma) || folio.maybeDmaPinned()) {
            folio.lock().unlock();
            return;
        }
        if (folio.flags().readBits(Folio.DIRTY) != 0 && !pageout(folio)) {
            return;
        }
        if (folio.flags().readBits(Folio.DIRTY | Folio.WRITEBACK) == 0) {
            swap.removeMapping(folio);
        }
        folio.lock().unlock();
    }

    /// Gives the folio lock up.
    @Models(file = "mm/vmscan.c", symbol = "shrink_folio_list")
    private static void shrinkFileFolio(Folio folio) {
        Optional<Mapping> mapping = folio.mapping();
        mapping.ifPresent(file -> Rmap.unmapMappingPages(file, folio.index(), folio.index()));
        if (mapping.isPresent() && !folio.maybeDmaPinned()) {
            mapping.get().reclaim(folio);
        } else {
            folio.lock().unlock();
        }
    }

    /// A page without a copy in swap is dirty, whatever its entries say.
    private boolean addToSwap(Folio folio) {
        boolean done = swap.allocate(folio);
        if (done) {
            folio.flags().setBits(Folio.DIRTY);
        }
        return done;
    }

    /// Writes the folio out if nobody else has a reference that could change it.
    ///
    /// @return whether the folio is locked again afterwards
    @Models(file = "mm/vmscan.c", symbol = "pageout")
    private boolean pageout(Folio folio) {
        boolean freeable = folio.readReferenceCount() == 2;
        if (!freeable) {
            folio.lock().unlock();
            return false;
        }
        folio.flags().clearBits(Folio.DIRTY);
        swap.writeOut(folio);
        return folio.lock().tryLock();
    }

    /// Puts swap entries in the place of all entries that map the folio, and flushes what processors hold of them.
    ///
    /// @return whether there is none left as far as the walk has seen
    @Models(file = "mm/rmap.c", symbol = "try_to_unmap")
    private boolean tryToUnmap(Folio folio, AnonVmaRoot anonVma) {
        boolean all = true;
        anonVma.rwsem().downRead();
        for (PteSlot slot : anonVma.slotsOf(folio)) {
            if (slot.maps(folio)) {
                all &= !isLocked(slot) && tryToUnmapOne(slot.mm(), slot, folio);
            }
        }
        anonVma.rwsem().upRead();
        return all;
    }

    private static boolean isLocked(PteSlot slot) {
        return slot.mm().vmaLookupUnlocked(slot.address()).filter(vma -> vma.has(VmFlag.LOCKED)).isPresent();
    }

    @Models(file = "mm/rmap.c", symbol = "try_to_unmap_one")
    private boolean tryToUnmapOne(Mm mm, PteSlot slot, Folio folio) {
        SwapEntry entry = folio.swap().orElseThrow();
        swap.device().duplicate(entry);
        TlbGather tlb = new TlbGather(mm);
        PteSlot.Unmap result = slot.unmap(folio, present -> new Pte.Swap(entry, present.anonExclusive(), present.uffdWp()), tlb);
        switch (result) {
            case DIRTY -> {
                folio.flags().setBits(Folio.DIRTY);
                folio.putMapping();
            }
            case CLEAN -> folio.putMapping();
            case REFUSED, NOT_MAPPED -> swap.device().free(entry);
        }
        tlb.finish();
        return result != PteSlot.Unmap.REFUSED;
    }

    private static void tryToDiscard(Folio folio, AnonVmaRoot anonVma) {
        anonVma.rwsem().downRead();
        for (PteSlot slot : anonVma.slotsOf(folio)) {
            if (slot.maps(folio)) {
                discard(slot, folio);
            }
        }
        anonVma.rwsem().upRead();
    }

    /// {@return whether anybody has a reference but the caller and entries} Linux looks once, with the page-table lock held; here
    /// the step that takes the entry away looks again, and this one says who gave a reference back in time.
    private static boolean isReferenced(Folio folio) {
        folio.readReferenceCount();
        return folio.peekOtherReferences() != 1;
    }

    private static void discard(PteSlot slot, Folio folio) {
        if (isLocked(slot)) {
            return;
        }
        TlbGather tlb = new TlbGather(slot.mm());
        PteSlot.Unmap result = isReferenced(folio) ? PteSlot.Unmap.REFUSED : slot.discard(folio, tlb);
        tlb.finish();
        if (result == PteSlot.Unmap.CLEAN) {
            folio.putMapping();
        } else if (result == PteSlot.Unmap.REFUSED) {
            folio.flags().clearBits(Folio.LAZYFREE);
        }
    }
}
