package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Part;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Machine;

/// How many changes of areas the program has not read of yet. While there are any nothing is filled in, because the
/// program may still answer by the layout of before.
public class MmapChanging {
    /// The seam at which other forms plug in.
    public static final Part<Factory> PART = new Part<>("uffd.MmapChanging", Factory.class);

    /// Makes one for each userfaultfd.
    public interface Factory {
        /// {@return none so far}
        ///
        /// @param of whose they are, for reports
        MmapChanging create(Machine machine, String of);
    }

    private final Cell count;
    private final RwSemaphore lock;

    /// None so far.
    public MmapChanging(Machine machine, String of) {
        this.count = new Cell(machine, "mmap_changing", of, 0);
        this.lock = new RwSemaphore(machine, "map_changing_lock", of);
    }

    /// {@return the lock that is held for reading from the look at the count to the last page that is filled in}
    RwSemaphore lock() {
        return lock;
    }

    /// {@return the count, for forms of this}
    protected final Cell count() {
        return count;
    }

    /// A change begins: waits until nothing is being filled in. The caller holds `mmap_lock`.
    protected void begin() {
        lock.downWrite();
        announce();
        lock.upWrite();
    }

    /// A change begins. One step.
    protected void announce() {
        count.add(1);
    }

    /// The program has read of a change. One step.
    protected void end() {
        count.add(-1);
    }

    /// A change has failed after it began. Nothing is done: no call fails that late, as long as an area that a program
    /// serves is moved alone.
    protected void giveUp() {
        // as v6.18 does
    }

    /// {@return whether there are any} One step.
    protected boolean inProgress() {
        return count.read() != 0;
    }
}
