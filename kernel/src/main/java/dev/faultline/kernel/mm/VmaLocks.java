package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.LockMode;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The locks of the areas of one address space: `vm_refcnt` and `vm_lock_seq` of each, in one object whose parts are
/// the pages of the address space (page number modulo 64).
///
/// A reader finds its area and locks it in one step, and never waits: an area that a writer has marked, or that is not
/// there, sends it to `mmap_lock`. Who holds `mmap_lock` for writing marks each area that it changes, waits for the
/// readers that the area has by then, and takes all marks off as it gives `mmap_lock` up. Areas that it makes are
/// marked as they come and areas that it removes stay so, so that nobody meets a set of areas that is half changed.
public final class VmaLocks extends SharedObject {
    private final Mm mm;
    private final List<Reader> readers = new ArrayList<>(4);

    /// Areas that the holder of `mmap_lock` is changing, some of them gone already.
    private final List<Vma> marked = new ArrayList<>(4);

    private record Reader(Task task, Vma vma) {}

    VmaLocks(Mm mm) {
        super(mm, 1, "vma lock", mm.name());
        this.mm = mm;
    }

    /// Locks the area that contains `address` for reading, without `mmap_lock`. One step.
    ///
    /// @return nothing if there is no such area, or somebody changes it
    @Models(file = "mm/mmap_lock.c", symbol = "lock_vma_under_rcu")
    public Optional<Vma> lockVmaUnderRcu(long address) {
        machine().step(this, Access.READ, pages(address, address + 1));
        Optional<Vma> vma = mm.vmaLookupUnlocked(address)
                .filter(found -> !marked.contains(found) && mm.vmaLocking().covers(found));
        Task me = machine().current();
        me.learn(vma.map(Vma::hash).orElse(0L));
        if (vma.isPresent()) {
            readers.add(new Reader(me, vma.get()));
            me.holds(this, LockMode.SHARED);
            changed();
        }
        return vma;
    }

    /// Gives up what [#lockVmaUnderRcu] took for `address`. One step.
    ///
    /// @throws IllegalStateException if the running task has not locked the area
    @Models(file = "include/linux/mmap_lock.h", symbol = "vma_end_read")
    public void endRead(Vma vma, long address) {
        machine().step(this, Access.READ, pages(address, address + 1)); // readers that come and go meanwhile do not mind
        Task me = machine().current();
        if (!readers.remove(new Reader(me, vma))) {
            throw new IllegalStateException("the lock of the area is not held");
        }
        me.drops(this);
        changed();
    }

    /// Keeps readers out of an area until `mmap_lock`, which the caller holds for writing, is given up. One step, and one
    /// more if readers have to be waited for; none if the area is marked already.
    @Models(file = "mm/mmap_lock.c", symbol = "__vma_start_write")
    public void startWrite(Vma vma) {
        if (marked.contains(vma)) {
            return;
        }
        long pages = pages(vma.start(), vma.end());
        machine().claims(this, LockMode.EXCLUSIVE);
        machine().step(this, Access.WRITE, pages);
        marked.add(vma);
        changed();
        if (isRead(vma) && mm.vmaLocking().waitsForReaders()) {
            machine().await(this, Access.WRITE, pages, () -> !isRead(vma));
        }
    }

    private boolean isRead(Vma vma) {
        return readers.stream().anyMatch(reader -> reader.vma() == vma);
    }

    /// Marks an area that nobody knows yet. No step: until the mark goes a reader gets as little as without the area.
    void startWriteNew(Vma vma) {
        marked.add(vma);
        changedUnseen();
    }

    /// Gives `mmap_lock` up, which is held for writing, and takes all marks off. One step.
    @Models(file = "include/linux/mmap_lock.h", symbol = "mmap_write_unlock")
    void endWriteAll() {
        if (marked.isEmpty()) {
            mm.mmapLock().upWrite();
        } else {
            mm.mmapLock().upWrite(this, markedPages());
            unmark();
        }
    }

    /// Goes on holding `mmap_lock` for reading, and takes all marks off. One step.
    @Models(file = "include/linux/mmap_lock.h", symbol = "mmap_write_downgrade")
    void downgrade() {
        if (marked.isEmpty()) {
            mm.mmapLock().downgradeWrite();
        } else {
            mm.mmapLock().downgradeWrite(this, markedPages());
            unmark();
        }
    }

    private void unmark() {
        marked.clear();
        changed();
    }

    private long markedPages() {
        long mask = 0;
        for (Vma vma : marked) {
            mask |= pages(vma.start(), vma.end());
        }
        return mask;
    }

    private static long pages(long start, long end) {
        long first = start / Content.SIZE;
        long count = (end - 1) / Content.SIZE - first + 1;
        return count >= Long.SIZE ? -1 : Long.rotateLeft((1L << count) - 1, (int) first);
    }

    /// Readers come and go in steps that are announced as looks, which commute.
    @Override
    protected boolean isChangedBy(Task task) {
        return task.touches(this);
    }

    @Override
    public List<Task> holders() {
        return readers.stream().map(Reader::task).toList();
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Reader reader : readers) {
            hash += Digest.mix(reader.task().stableName(), reader.vma().hash());
        }
        for (Vma vma : marked) {
            hash += Digest.mix(vma.hash(), 5);
        }
        return hash;
    }
}
