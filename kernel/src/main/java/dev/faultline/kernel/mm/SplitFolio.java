package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.NotModelled;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;

/// Makes small pages of a huge anonymous one, each with references, a lock and flags of its own. Entries that map parts of
/// it are replaced by migration entries meanwhile, at which faults wait for the folio lock; if nobody else has a reference
/// by then, they come back for the small pages, else for the huge one.
///
/// The small pages get frames of their own, where Linux leaves the bytes in place: nobody who could tell has a reference.
final class SplitFolio {
    private final PhysicalMemory physical;

    SplitFolio(PhysicalMemory physical) {
        this.physical = physical;
    }

    /// Splits a huge page that the caller has locked and referenced; both still hold for what it was. The caller also holds
    /// `mmap_lock` of the one address space that maps it. Takes and drops the lock of its reverse map for writing.
    ///
    /// @return whether it is split; not if anybody else has a reference, if only for a moment
    @Models(file = "mm/huge_memory.c", symbol = "__folio_split")
    boolean split(Folio head, Mm mm) {
        AnonVmaRoot family = mm.anonVma();
        family.rwsem().downWrite();
        boolean split = canSplit(head) && unmapAndSplit(head, placesOf(head, mm));
        family.rwsem().upWrite();
        return split;
    }

    @Models(file = "mm/huge_memory.c", symbol = "can_split_folio")
    private static boolean canSplit(Folio head) {
        head.readReferenceCount();
        return head.peekOtherReferences() == 1;
    }

    private static List<PmdSlot> placesOf(Folio head, Mm mm) {
        if (mm.anonVma().pmdsOf(head).stream().anyMatch(pmd -> pmd.mm() != mm)) {
            throw new NotModelled("splitting a huge page of which several processes map parts");
        }
        return mm.pmdsOf(head);
    }

    private boolean unmapAndSplit(Folio head, List<PmdSlot> places) {
        TreeMap<Integer, Folio> parts = new TreeMap<>();
        places.forEach(pmd -> parts.putAll(unmapFolio(head, pmd)));
        boolean alone = head.readReferenceCount() == 1; // folio_ref_freeze
        TreeMap<Integer, Folio> small = alone ? copies(head, parts) : new TreeMap<>();
        places.forEach(pmd -> pmd.removeMigrationEntries(head, part -> {
            if (!alone) {
                part.mapWithinStep();
            }
            return alone ? Objects.requireNonNull(small.remove(part.indexInHuge())) : part;
        }));
        small.values().forEach(Folio::putMapping); // given back meanwhile
        return alone;
    }

    /// {@return the parts that were mapped there}
    @Models(file = "mm/huge_memory.c", symbol = "unmap_folio")
    private static TreeMap<Integer, Folio> unmapFolio(Folio head, PmdSlot pmd) {
        if (pmd.read() instanceof Pmd.Huge) {
            pmd.split();
        }
        TlbGather tlb = new TlbGather(pmd.mm());
        TreeMap<Integer, Folio> parts = pmd.tryToMigrate(head, tlb);
        tlb.finish();
        if (!parts.isEmpty()) {
            head.putMappings(parts.size());
        }
        return parts;
    }

    private TreeMap<Integer, Folio> copies(Folio head, TreeMap<Integer, Folio> parts) {
        TreeMap<Integer, Folio> small = new TreeMap<>();
        List<Folio> copies = new ArrayList<>();
        long flags = head.flags().readBits(-1);
        for (int i : parts.keySet()) {
            Folio copy = physical.allocate("anonymous");
            copy.flags().pokeUnseen(flags);
            small.put(i, copy);
            copies.add(copy);
        }
        if (!copies.isEmpty()) {
            FolioData.copyAll(List.copyOf(parts.values()), copies);
        }
        return small;
    }
}
