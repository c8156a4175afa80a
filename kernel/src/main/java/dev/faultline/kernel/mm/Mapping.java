package dev.faultline.kernel.mm;

import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.StateObject;
import java.util.ArrayList;
import java.util.List;

/// The part of a `struct address_space` that memory management needs: which areas map the file (`i_mmap`).
public abstract class Mapping extends StateObject {
    private final RwSemaphore iMmapRwsem;
    private final Object host;

    /// Guarded by [#iMmapRwsem].
    private final List<Vma> areas = new ArrayList<>(4);

    /// The mapping of a file that nothing maps.
    ///
    /// @param host whose it is, for reports
    protected Mapping(Machine machine, Object host) {
        super(machine);
        this.host = host;
        this.iMmapRwsem = new RwSemaphore(machine, "i_mmap_rwsem", host);
    }

    /// Takes areas out and puts others in. Takes and drops `i_mmap_rwsem` for writing.
    public void replaceAreas(List<Vma> old, List<Vma> replacements) {
        iMmapRwsem.downWrite();
        areas.removeAll(old);
        areas.addAll(replacements);
        changed();
        iMmapRwsem.upWrite();
    }

    /// {@return the lock of the set of areas}
    public RwSemaphore iMmapRwsem() {
        return iMmapRwsem;
    }

    /// {@return the areas that map the file; the caller holds `i_mmap_rwsem`}
    public List<Vma> areas() {
        return areas;
    }

    /// Marks a folio of the file dirty (`a_ops->dirty_folio`). The caller keeps the folio from being truncated.
    public abstract void dirtyFolio(Folio folio);

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Vma vma : areas) {
            hash += vma.stableName();
        }
        return hash;
    }

    @Override
    public String toString() {
        return host.toString();
    }
}
