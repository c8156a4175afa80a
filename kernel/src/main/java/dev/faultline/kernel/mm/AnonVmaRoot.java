package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.StateObject;
import java.util.ArrayList;
import java.util.List;

/// Who may map the anonymous pages of a process: itself, and what was forked from it and from that. In Linux each area
/// has an `anon_vma`, and all of such a family share the lock of one, the root.
public final class AnonVmaRoot extends StateObject {
    private final RwSemaphore rwsem;

    /// Guarded by [#rwsem]; a parent before its children.
    private final List<Mm> addressSpaces = new ArrayList<>(2);

    /// The root of a process that has not forked.
    AnonVmaRoot(Machine machine, Mm first) {
        super(machine);
        this.rwsem = new RwSemaphore(machine, "anon_vma rwsem", first.name());
        addressSpaces.add(first);
    }

    /// {@return the lock of the set of address spaces}
    RwSemaphore rwsem() {
        return rwsem;
    }

    /// Makes a child known to those who look for the pages of its parent. Takes and drops the lock for writing.
    @Models(file = "mm/rmap.c", symbol = "anon_vma_fork")
    void add(Mm child) {
        rwsem.downWrite();
        addressSpaces.add(child);
        changed();
        rwsem.upWrite();
    }

    /// {@return the entries that may map the page, a parent's before its children's} Forks and swap-ins put a page where
    /// it was in the parent. Of one address space those of an area come before those of where it is being moved to, so that
    /// an entry that moves meanwhile is met. The caller holds the lock.
    @Models(file = "mm/rmap.c", symbol = "rmap_walk_anon")
    List<PteSlot> slotsOf(Folio folio) {
        List<Long> addresses = addressSpaces.stream().flatMap(mm -> mm.addressesOf(folio).stream()).distinct().toList();
        List<PteSlot> slots = new ArrayList<>();
        addressSpaces.forEach(mm -> addresses.forEach(address -> slots.add(mm.slot(address))));
        return slots;
    }

    /// {@return the entries of the middle level that map the huge page, or the tables that map parts of it, or will again;
    /// no step} The caller holds the lock.
    List<PmdSlot> pmdsOf(Folio head) {
        return addressSpaces.stream().flatMap(mm -> mm.pmdsOf(head).stream()).toList();
    }

    @Override
    protected long stateHash() {
        return addressSpaces.size();
    }
}
