package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Moves a page to another frame: mm/migrate.c, and the part of mm/rmap.c that it needs. Entries that map the page are
/// replaced by migration entries, at which faults wait for the folio lock; if nobody else has a reference by then, the
/// new page takes the place of the old one everywhere, else the old one comes back.
///
/// Only tries the folio lock, and leaves pages under write-back and in the swap cache alone (`MIGRATE_ASYNC`).
public final class Migrate {
    private final PhysicalMemory physical;

    Migrate(PhysicalMemory physical) {
        this.physical = physical;
    }

    /// Moves the page that an entry maps, if it is one of the process's own.
    public void migrate(Mm mm, long address) {
        PteSlot slot = mm.slot(address);
        if (slot.read() instanceof Pte.Present present && present.isAnonymous() && !present.folio().isLarge()
                && slot.getFolio(present)) {
            migrate(present.folio(), mm.anonVma());
        }
    }

    /// Moves a page of a file. The caller's reference to it is given back.
    public void migrateFilePage(Folio folio) {
        if (!folio.isLarge() && folio.lock().tryLock()) {
            folio.mapping().ifPresent(mapping -> unmapAndMove(folio, () -> slotsOf(mapping, folio), mapping.iMmapRwsem()::downRead,
                    mapping.iMmapRwsem()::upRead));
            folio.lock().unlock();
        }
        folio.put();
    }

    private void migrate(Folio folio, AnonVmaRoot anonVma) {
        if (folio.lock().tryLock()) {
            unmapAndMove(folio, () -> anonVma.slotsOf(folio), anonVma.rwsem()::downRead, anonVma.rwsem()::upRead);
            folio.lock().unlock();
        }
        folio.put();
    }

    private static List<PteSlot> slotsOf(Mapping mapping, Folio folio) {
        return mapping.areas().stream().filter(vma -> vma.addressOf(folio.index()) >= 0)
                .map(vma -> vma.mm().slot(vma.addressOf(folio.index()))).toList();
    }

    /// The folio is locked and referenced by the caller, before and afterwards.
    @Models(file = "mm/migrate.c", symbol = "migrate_folio_unmap")
    private void unmapAndMove(Folio folio, Supplier<List<PteSlot>> entries, Runnable lock, Runnable unlock) {
        if (folio.flags().readBits(Folio.WRITEBACK | Folio.SWAPCACHE | Folio.LAZYFREE) != 0) {
            return;
        }
        Folio copy = physical.allocate("migrated");
        copy.becomeUnmapped();
        copy.lock().lockUnpublished();
        lock.run();
        boolean unmapped = tryToMigrate(folio, entries.get());
        unlock.run();
        boolean moved = unmapped && moveToNewFolio(copy, folio);
        lock.run();
        removeMigrationPtes(folio, moved ? copy : folio, entries);
        unlock.run();
        copy.lock().unlock();
        copy.put();
    }

    /// @return whether there is no entry left that maps the folio, as far as the walk has seen
    @Models(file = "mm/rmap.c", symbol = "try_to_migrate")
    private static boolean tryToMigrate(Folio folio, List<PteSlot> entries) {
        boolean all = true;
        for (PteSlot slot : entries) {
            if (slot.maps(folio)) {
                TlbGather tlb = new TlbGather(slot.mm());
                PteSlot.Unmap result = slot.unmap(folio, Pte.Migration::new, tlb);
                tlb.finish();
                if (result == PteSlot.Unmap.DIRTY) {
                    folio.flags().setBits(Folio.DIRTY);
                }
                if (result == PteSlot.Unmap.DIRTY || result == PteSlot.Unmap.CLEAN) {
                    folio.putMapping();
                }
                all &= result != PteSlot.Unmap.REFUSED;
            }
        }
        return all;
    }

    /// Puts the copy in the place of the folio if nobody else has a reference to that. What comes by one later, without
    /// the page-table lock, looks at the entry again.
    ///
    /// @return whether it is there
    @Models(file = "mm/migrate.c", symbol = "move_to_new_folio")
    private static boolean moveToNewFolio(Folio copy, Folio folio) {
        Optional<Mapping> mapping = folio.mapping();
        if (folio.readReferenceCount() != (mapping.isPresent() ? 2 : 1)) {
            return false;
        }
        folio.data().copyTo(copy.data());
        copy.flags().pokeUnseen(folio.flags().readBits(-1));
        if (mapping.isEmpty()) {
            return true;
        }
        boolean replaced = mapping.get().migrate(folio, copy);
        if (replaced) {
            folio.put(); // the cache's reference
        }
        return replaced;
    }

    /// Replaces all migration entries of the folio by entries that map the other one. An entry that is moved meanwhile is
    /// looked for again.
    @Models(file = "mm/migrate.c", symbol = "remove_migration_ptes")
    private static void removeMigrationPtes(Folio folio, Folio now, Supplier<List<PteSlot>> entries) {
        boolean more = true;
        while (more) {
            more = false;
            for (PteSlot slot : entries.get()) {
                if (slot.read() instanceof Pte.Migration migration && migration.was().folio() == folio) {
                    more |= !slot.mapSwappedIn(migration, new Pte.Present(now, migration.was().bits()));
                }
            }
        }
    }
}
