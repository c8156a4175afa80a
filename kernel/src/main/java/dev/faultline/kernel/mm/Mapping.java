package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.StateObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The part of a `struct address_space` that memory management needs: which areas map the file (`i_mmap`).
public abstract class Mapping extends StateObject {
    private final RwSemaphore iMmapRwsem;
    private final Object host;
    private Optional<Cell> writableAreas = Optional.empty();

    /// Guarded by [#iMmapRwsem]; in the order in which walks go through them.
    private final List<Vma> areas = new ArrayList<>(4);

    /// The mapping of a file that nothing maps.
    ///
    /// @param host whose it is, for reports
    protected Mapping(Machine machine, Object host) {
        super(machine);
        this.host = host;
        this.iMmapRwsem = new RwSemaphore(machine, "i_mmap_rwsem", host);
    }

    /// Counts from now on, for who asks, the areas through which the file may be written. Before anybody maps it.
    public void countWritableAreas() {
        writableAreas = Optional.of(new Cell(machine(), "i_mmap_writable", host, 0));
    }

    /// {@return how many areas the file may be written through (`i_mmap_writable`), -1 if there must be none; if they are
    /// counted}
    public Optional<Cell> writableAreas() {
        return writableAreas;
    }

    /// Takes areas out and puts others in. Takes and drops `i_mmap_rwsem` for writing.
    public void replaceAreas(List<Vma> old, List<Vma> replacements) {
        iMmapRwsem.downWrite();
        int before = writable(areas);
        areas.removeAll(old);
        areas.addAll(replacements);
        areas.sort(Vma.IN_WALKS);
        changed();
        int more = writable(areas) - before;
        if (more != 0) {
            writableAreas.ifPresent(count -> count.add(more));
        }
        iMmapRwsem.upWrite();
    }

    @Models(file = "include/linux/mm.h", symbol = "is_shared_maywrite")
    private static int writable(List<Vma> areas) {
        return (int) areas.stream().filter(vma -> vma.has(VmFlag.SHARED) && vma.has(VmFlag.MAYWRITE)).count();
    }

    /// {@return the lock of the set of areas}
    public RwSemaphore iMmapRwsem() {
        return iMmapRwsem;
    }

    /// {@return the areas that map the file; the caller holds `i_mmap_rwsem`}
    @Models(file = "include/linux/fs.h", symbol = "i_mmap_assert_locked")
    public List<Vma> areas() {
        if (!iMmapRwsem.isLockedByMe()) {
            throw machine().finding(Kind.BUG, "areas of " + host + " walked without i_mmap_rwsem");
        }
        return areas;
    }

    /// {@return the areas that map the file, for those who need not know of one that comes or goes; no step}
    List<Vma> peekAreas() {
        return areas;
    }

    /// Marks a folio of the file dirty (`a_ops->dirty_folio`). The caller keeps the folio from being truncated.
    public abstract void dirtyFolio(Folio folio);

    /// Takes a folio of the file out of memory, if it can be brought back. The caller holds the folio lock, which is given
    /// up, and a reference; nothing maps the folio.
    public void reclaim(Folio folio) {
        folio.lock().unlock();
    }

    /// Puts a locked copy in the place of a folio of the file, if the only references to that are the cache's, which the
    /// caller drops, and the caller's. The caller holds the folio lock; nothing maps the folio. The copy gets a reference
    /// more: the cache's.
    ///
    /// @return whether it was replaced
    public boolean migrate(Folio folio, Folio copy) {
        return false;
    }

    /// {@return whether pages can go to swap}
    public boolean isSwapBacked() {
        return false;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Vma vma : areas) {
            hash = Digest.mix(hash, Digest.mix(vma.mm().stableName(), vma.hash()));
        }
        return hash;
    }

    @Override
    public String toString() {
        return host.toString();
    }
}
