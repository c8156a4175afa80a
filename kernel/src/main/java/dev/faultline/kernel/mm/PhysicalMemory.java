package dev.faultline.kernel.mm;

import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/// The page frames of one machine. A freed frame is reused lowest number first, so that a loop that
/// allocates and frees comes back to the same state.
public final class PhysicalMemory {
    private final Machine machine;
    private final PriorityQueue<Long> free = new PriorityQueue<>();
    private final List<Folio> inUse = new ArrayList<>();
    private long next;

    /// Memory without a limit.
    public PhysicalMemory(Machine machine) {
        this.machine = machine;
    }

    Machine machine() {
        return machine;
    }

    /// {@return a folio of zeroes that nobody else knows, with one reference, which is the caller's} No step.
    ///
    /// @param what what the memory is for, in a word for reports
    public Folio allocate(String what) {
        long pfn = free.isEmpty() ? next++ : free.remove();
        Folio folio = new Folio(this, pfn, what);
        inUse.add(folio);
        return folio;
    }

    void free(Folio folio) {
        inUse.remove(folio);
        free.add(folio.pfn());
    }

    /// {@return the folios that were not freed, for the check at the end}
    public List<Folio> inUse() {
        return List.copyOf(inUse);
    }
}
