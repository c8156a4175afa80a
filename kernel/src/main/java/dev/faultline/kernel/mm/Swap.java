package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.swap.SwapDevice;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The swap of one machine: its device, and the folios that are cached for slots of it (mm/swap_state.c). The cache holds
/// a reference to each. A folio enters and leaves the cache with its lock held; one that was read in enters unlocked
/// to no one else.
public final class Swap extends SharedObject {
    private final PhysicalMemory physical;
    private Optional<SwapDevice> device = Optional.empty();
    private final Map<Integer, Folio> cached = new TreeMap<>();

    Swap(Machine machine, PhysicalMemory physical) {
        super(machine, "swap cache", "");
        this.physical = physical;
    }

    /// {@return the memory that pages leave}
    PhysicalMemory physical() {
        return physical;
    }

    /// Gives the machine a swap device. Before anything runs.
    public void swapOn(int slots) {
        device = Optional.of(new SwapDevice(machine(), slots));
    }

    /// {@return whether there is a device}
    public boolean isOn() {
        return device.isPresent();
    }

    /// {@return the device, which is there as somebody has an entry}
    public SwapDevice device() {
        return device.orElseThrow();
    }

    /// {@return whether a folio is cached for the slot} One step.
    public boolean isCached(SwapEntry entry) {
        machine().step(this, Access.READ, SwapDevice.part(entry));
        boolean there = cached.containsKey(entry.slot());
        machine().current().learn(there ? 1 : 0);
        return there;
    }

    /// {@return whether a folio is cached for the slot, within a step that was announced as a look at that part}
    boolean peekCached(SwapEntry entry) {
        return cached.containsKey(entry.slot());
    }

    /// {@return the folio that is cached for the slot, with a reference} One step.
    @Models(file = "mm/swap_state.c", symbol = "swap_cache_get_folio")
    public Optional<Folio> getFolio(SwapEntry entry) {
        machine().step(this, Access.READ, SwapDevice.part(entry), task -> {
            Folio folio = cached.get(entry.slot());
            if (folio != null) {
                SecondAccess.touch(task, folio.referenceCount(), Access.ADD, -1);
            }
        });
        Optional<Folio> found = Optional.ofNullable(cached.get(entry.slot()));
        machine().current().learn(found.map(Folio::pfn).orElse(-1L) + 1);
        found.ifPresent(Folio::getWithinStep);
        return found;
    }

    /// Gives a folio, which the caller has locked, a slot, and caches it there.
    ///
    /// @return whether there was a slot
    @Models(file = "mm/swapfile.c", symbol = "folio_alloc_swap")
    public boolean allocate(Folio folio) {
        Optional<SwapEntry> entry = device.flatMap(SwapDevice::allocate);
        entry.ifPresent(free -> {
            machine().step(this, Access.WRITE, SwapDevice.part(free), folio.referenceCount(), Access.ADD, -1);
            folio.getWithinStep();
            add(free, folio);
            folio.flags().setBits(Folio.SWAPCACHE);
        });
        return entry.isPresent();
    }

    private void add(SwapEntry entry, Folio folio) {
        cached.put(entry.slot(), folio);
        folio.setSwap(Optional.of(entry));
        changed();
    }

    /// Reads a page in, unless it is cached. May sleep.
    ///
    /// @return the folio, with a reference; nothing if nobody counts on the slot any more
    @Models(file = "mm/swap_state.c", symbol = "read_swap_cache_async")
    public Optional<Folio> readIn(SwapEntry entry) {
        Folio fresh = physical.allocate("anonymous");
        fresh.becomeUnmapped();
        fresh.lock().lock();
        RetryLoop loop = machine().retryLoop("read_swap_cache_async");
        Optional<Folio> there = getOrAdd(entry, fresh);
        while (there.isEmpty() && device().isCountedOn(entry)) {
            loop.again(); // a folio is on its way out of the cache
            there = getOrAdd(entry, fresh);
        }
        if (there.isPresent() && there.get() == fresh) {
            Content page = new Content((byte) 0);
            device().read(entry, page);
            fresh.data().write(0, Content.SIZE, page, 0);
            fresh.flags().setBits(Folio.SWAPCACHE | Folio.UPTODATE);
            fresh.lock().unlock();
            return there;
        }
        fresh.lock().unlock();
        fresh.put();
        return there;
    }

    /// Takes the folio that is cached, or caches `fresh`, if somebody counts on the slot and nobody is about to free it.
    /// One step, though Linux marks the slot first and others wait in between.
    private Optional<Folio> getOrAdd(SwapEntry entry, Folio fresh) {
        long part = SwapDevice.part(entry);
        machine().step(this, Access.WRITE, part, task -> {
            Folio known = cached.get(entry.slot());
            if (known == null) {
                SecondAccess.touch(task, device(), Access.WRITE, part);
            } else {
                SecondAccess.touch(task, known.referenceCount(), Access.ADD, -1);
            }
        });
        Folio known = cached.get(entry.slot());
        machine().current().learn(known == null ? 0 : known.pfn() + 1);
        if (known != null) {
            known.getWithinStep();
            return Optional.of(known);
        }
        boolean there = device().prepareCache(entry);
        machine().current().learn(there ? 1 : 0);
        if (!there) {
            return Optional.empty();
        }
        fresh.getUnseen();
        add(entry, fresh);
        return Optional.of(fresh);
    }

    /// Takes a folio out of the cache if nobody counts on its slot. The caller holds the folio lock and a reference.
    ///
    /// @return whether it is in the cache no longer because of that
    @Models(file = "mm/swapfile.c", symbol = "folio_free_swap")
    public boolean freeSwap(Folio folio) {
        Optional<SwapEntry> entry = folio.swap();
        if (entry.isEmpty() || folio.flags().readBits(Folio.WRITEBACK) != 0 || device().isCountedOn(entry.get())) {
            return false;
        }
        machine().step(this, Access.WRITE, SwapDevice.part(entry.get()), folio.referenceCount(), Access.ADD, -1);
        remove(entry.get(), folio);
        folio.flags().clearBits(Folio.SWAPCACHE);
        folio.flags().setBits(Folio.DIRTY);
        return true;
    }

    private void remove(SwapEntry entry, Folio folio) {
        cached.remove(entry.slot());
        folio.setSwap(Optional.empty());
        folio.putWithinStep();
        changed();
        device().cacheGone(entry);
    }

    /// Takes a clean folio out of the cache if nobody has a reference but the cache and the caller, who holds the folio
    /// lock.
    ///
    /// @return whether that was so
    @Models(file = "mm/vmscan.c", symbol = "__remove_mapping")
    public boolean removeMapping(Folio folio) {
        SwapEntry entry = folio.swap().orElseThrow();
        machine().step(this, Access.WRITE, SwapDevice.part(entry), folio.referenceCount(), Access.WRITE, -1);
        boolean alone = folio.peekReferenceCount() == 2;
        machine().current().learn(alone ? 1 : 0);
        if (alone) {
            remove(entry, folio);
        }
        return alone;
    }

    /// Gives up what an entry counted, and the folio that is cached for it if nobody else counts on the slot.
    @Models(file = "mm/swapfile.c", symbol = "free_swap_and_cache_nr")
    public void freeSwapAndCache(SwapEntry entry) {
        if (!device().free(entry)) {
            return;
        }
        Optional<Folio> folio = getFolio(entry);
        folio.ifPresent(unused -> {
            freeCached(unused);
            unused.put();
        });
    }

    /// Takes a folio out of the cache unless somebody has locked it, or counts on its slot. The caller has a reference.
    @Models(file = "mm/swap_state.c", symbol = "free_swap_cache")
    void freeCached(Folio folio) {
        if (folio.flags().readBits(Folio.SWAPCACHE) != 0 && folio.lock().tryLock()) {
            freeSwap(folio);
            folio.lock().unlock();
        }
    }

    /// Writes a folio out, which the caller has locked and cleaned; gives the lock up.
    @Models(file = "mm/page_io.c", symbol = "swap_writeout")
    public void writeOut(Folio folio) {
        SwapEntry entry = folio.swap().orElseThrow();
        folio.flags().setBits(Folio.WRITEBACK);
        folio.lock().unlock();
        Content page = new Content((byte) 0);
        folio.data().read(0, Content.SIZE, page);
        device().write(entry, page);
        folio.flags().clearBits(Folio.WRITEBACK);
    }

    /// Drops what is cached for slots that nobody counts on, as reclaim does some time: for the check at the end.
    public void dropUnused() {
        for (Folio folio : cached.values().toArray(Folio[]::new)) {
            folio.get();
            freeCached(folio);
            folio.put();
        }
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Map.Entry<Integer, Folio> entry : cached.entrySet()) {
            hash += Digest.mix(entry.getKey(), entry.getValue().pfn());
        }
        return hash;
    }
}
