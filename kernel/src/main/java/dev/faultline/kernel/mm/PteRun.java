package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import java.util.ArrayList;
import java.util.List;

/// Places of one table, one after the other, that map pages of the same huge page.
///
/// @param pmd    the entry above the table
/// @param places of which all map a page
record PteRun(PmdSlot pmd, List<PteSlot> places) {
    /// {@return the places from `first` on that map pages of the same huge page; none if that one does not map such a page}
    @Models(file = "mm/internal.h", symbol = "folio_pte_batch")
    static List<PteSlot> from(List<PteSlot> slots, int first) {
        int end = first;
        while (end < slots.size() && slots.get(end).inTable() instanceof Pte.Present present && present.folio().isLarge()
                && present.folio().head() == slots.get(first).presentInTable().folio().head()
                && Thp.start(slots.get(end).address()) == Thp.start(slots.get(first).address())) {
            end++;
        }
        return slots.subList(first, end);
    }

    /// Shares the pages with a copy of the address space in which nothing is there, unless they are one entry's each and may be
    /// pinned. One step, under both page-table locks.
    ///
    /// @param cow whether a write has to copy the page from now on, through either
    /// @param tlb flushes the translations later
    /// @return the entries for the copy; none if they are pinned
    @Models(file = "mm/memory.c", symbol = "copy_present_ptes")
    List<Pte.Present> share(boolean cow, TlbGather tlb) {
        Folio folio = places.getFirst().presentInTable().folio();
        long parts = PmdSlot.parts(places.getFirst().address(), places.getLast().address() + 1);
        pmd.machine().step(pmd, Access.WRITE, parts, folio.referenceCount(), Access.WRITE, -1);
        boolean pinned = places.stream().anyMatch(slot -> slot.presentInTable().anonExclusive()) && folio.isPinnedNow();
        pmd.machine().current().learn(pinned ? 1 : 0);
        List<Pte.Present> shared = new ArrayList<>();
        for (PteSlot slot : pinned ? List.<PteSlot>of() : places) {
            folio.mapWithinStep();
            if (cow) {
                slot.restrict(slot.presentInTable().without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE), tlb);
            }
            boolean marksEntries = pmd.mm().architecture().marksEntries();
            shared.add(marksEntries ? slot.presentInTable() : slot.presentInTable().with(Pte.Present.OLD));
        }
        return shared;
    }

    /// Puts entries into a table, for one page after the other. One step.
    static void put(PmdSlot pmd, long first, List<Pte> entries) {
        pmd.machine().step(pmd, Access.WRITE, PmdSlot.parts(first, first + entries.size() * 4096L));
        for (int i = 0; i < entries.size(); i++) {
            pmd.mm().slot(first + i * 4096L).put(entries.get(i));
        }
    }
}
