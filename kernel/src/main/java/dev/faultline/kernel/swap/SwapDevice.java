package dev.faultline.kernel.swap;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.Optional;

/// A swap device: slots of one page each. A slot is in use as long as somebody counts on it, or a folio is cached
/// for it (`SWAP_HAS_CACHE`). Reading and writing complete at once. What concerns different slots commutes.
public final class SwapDevice extends SharedObject {
    private final int[] counts;
    private final boolean[] cached;
    private final Content[] bytes;

    /// A device with that many free slots.
    public SwapDevice(Machine machine, int slots) {
        super(machine, "swap map", "");
        this.counts = new int[slots];
        this.cached = new boolean[slots];
        this.bytes = new Content[slots];
        for (int i = 0; i < slots; i++) {
            bytes[i] = new Content((byte) 0);
        }
    }

    /// Takes a free slot for a folio that is going to be cached for it. One step.
    ///
    /// @return nothing if there is none
    @Models(file = "mm/swapfile.c", symbol = "cluster_alloc_swap_entry")
    public Optional<SwapEntry> allocate() {
        machine().step(this, Access.WRITE, -1);
        for (int slot = 0; slot < counts.length; slot++) {
            if (counts[slot] == 0 && !cached[slot]) {
                cached[slot] = true;
                changed();
                machine().current().learn(slot);
                return Optional.of(new SwapEntry(slot));
            }
        }
        machine().current().learn(-1);
        return Optional.empty();
    }

    /// One more counts on the slot, which is in use. One step.
    @Models(file = "mm/swapfile.c", symbol = "swap_duplicate")
    public void duplicate(SwapEntry entry) {
        touch(entry, Access.WRITE);
        counts[entry.slot()]++;
        changed();
    }

    /// One fewer counts on the slot. One step.
    ///
    /// @return whether nobody does any more
    @Models(file = "mm/swapfile.c", symbol = "swap_free_nr")
    public boolean free(SwapEntry entry) {
        touch(entry, Access.WRITE);
        if (counts[entry.slot()] == 0) {
            throw machine().finding(Kind.BUG, "swap slot " + entry.slot() + " freed more often than it was taken");
        }
        counts[entry.slot()]--;
        changed();
        machine().current().learn(counts[entry.slot()]);
        return counts[entry.slot()] == 0;
    }

    /// {@return whether somebody counts on the slot} One step.
    @Models(file = "mm/swapfile.c", symbol = "folio_swapped")
    public boolean isCountedOn(SwapEntry entry) {
        machine().step(this, Access.READ, part(entry));
        machine().current().learn(counts[entry.slot()]);
        return counts[entry.slot()] > 0;
    }

    /// No folio is cached for the slot any more. One step.
    @Models(file = "mm/swapfile.c", symbol = "put_swap_folio")
    public void cacheGone(SwapEntry entry) {
        touch(entry, Access.WRITE);
        cached[entry.slot()] = false;
        changed();
    }

    /// A folio is going to be cached for a slot, in a step that was announced as a change of [#part] of this object.
    ///
    /// @return whether the slot is counted on, so that there is something to read, and nobody has cached it
    @Models(file = "mm/swapfile.c", symbol = "swapcache_prepare")
    public boolean prepareCache(SwapEntry entry) {
        if (counts[entry.slot()] == 0 || cached[entry.slot()]) {
            return false;
        }
        cached[entry.slot()] = true;
        changed();
        return true;
    }

    /// {@return the part of this object that a slot is}
    public static long part(SwapEntry entry) {
        return 1L << entry.slot();
    }

    /// Writes a page. One step.
    @Models(file = "mm/page_io.c", symbol = "__swap_writepage")
    public void write(SwapEntry entry, Content page) {
        touch(entry, Access.WRITE);
        bytes[entry.slot()].copy(0, page, 0, Content.SIZE);
        changed();
    }

    /// Reads a page. One step.
    @Models(file = "mm/page_io.c", symbol = "swap_read_folio")
    public void read(SwapEntry entry, Content page) {
        touch(entry, Access.READ);
        page.copy(0, bytes[entry.slot()], 0, Content.SIZE);
    }

    private void touch(SwapEntry entry, Access access) {
        machine().step(this, access, part(entry));
        if (counts[entry.slot()] == 0 && !cached[entry.slot()]) {
            throw machine().finding(Kind.USE_AFTER_FREE, "swap slot " + entry.slot() + " used after it was freed");
        }
    }

    /// {@return the slots that are in use, for the check at the end}
    public int slotsInUse() {
        int used = 0;
        for (int slot = 0; slot < counts.length; slot++) {
            used += counts[slot] > 0 || cached[slot] ? 1 : 0;
        }
        return used;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (int slot = 0; slot < counts.length; slot++) {
            if (counts[slot] > 0 || cached[slot]) {
                hash += Digest.mix(Digest.mix(slot, counts[slot] * 2L + (cached[slot] ? 1 : 0)), bytes[slot].hash());
            }
        }
        return hash;
    }
}
