package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// Who walks the page tables of an address space without locks, with interrupts off. Whoever interrupts all processors and
/// waits for them has waited for these walks to end, as for those that are there when the flushing of translations
/// interrupts.
final class LocklessWalks extends SharedObject {
    private final List<Task> walkers = new ArrayList<>(2);

    /// Those whom one waits for still: there is one that waits at a time, which holds `mmap_lock` for writing.
    private List<Task> awaited = new ArrayList<>(1);

    LocklessWalks(Mm mm) {
        super(mm, 2, "lockless walks", mm.name());
    }

    /// Turns interrupts off. One step.
    @Models(file = "include/linux/irqflags.h", symbol = "local_irq_save")
    void enter() {
        machine().step(this, Access.READ, -1); // others come and go meanwhile
        walkers.add(machine().current());
        changed();
    }

    /// Turns interrupts on again. One step.
    @Models(file = "include/linux/irqflags.h", symbol = "local_irq_restore")
    void leave() {
        machine().step(this, Access.READ, -1);
        walkers.remove(machine().current());
        awaited.remove(machine().current());
        changed();
    }

    /// Waits until the walks that are under way have ended. One step, and one more if there are any.
    @Models(file = "mm/mmu_gather.c", symbol = "tlb_remove_table_sync_one")
    void sync() {
        machine().step(this, Access.WRITE, -1);
        if (!walkers.isEmpty()) {
            awaited = new ArrayList<>(walkers);
            changed();
            machine().await(this, Access.WRITE, -1, awaited::isEmpty);
        }
    }

    /// Walks begin and end in steps that are announced as looks, which commute.
    @Override
    protected boolean isChangedBy(Task task) {
        return task.touches(this);
    }

    @Override
    public List<Task> holders() {
        return List.copyOf(walkers);
    }

    @Override
    protected long stateHash() {
        long hash = (long) awaited.size() << 32;
        for (Task task : walkers) {
            hash += task.stableName();
        }
        return hash;
    }
}
