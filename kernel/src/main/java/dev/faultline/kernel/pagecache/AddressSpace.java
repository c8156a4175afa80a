package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Mapping;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// The cached pages of one file on one machine (`struct address_space`), and the file's size.
public final class AddressSpace extends Mapping {
    private static final int DENSE_PAGES = 64;


    private final AddressSpaceOperations operations;
    private final Cell iSize;
    private final RwSemaphore invalidateLock;
    private final Cell dioCount;
    private final Optional<Cell> nrpages;
    private final TreeMap<Long, Slot> slots = new TreeMap<>();

    /// By the first index of 2 MiB each, where pages may be huge; else none.
    private final TreeMap<Long, HugeSlot> hugeSlots = new TreeMap<>();

    private boolean mayBeHuge;

    /// The cache of a file of which nothing is cached.
    ///
    /// @param host whose it is, for reports
    public AddressSpace(Machine machine, Object host, AddressSpaceOperations operations, long sizeBytes) {
        this(machine, host, operations, sizeBytes, Optional.empty());
    }

    private AddressSpace(Machine machine, Object host, AddressSpaceOperations operations, long sizeBytes,
            Optional<Cell> nrpages) {
        super(machine, host);
        this.nrpages = nrpages;
        this.operations = operations;
        this.iSize = new Cell(machine, "i_size", host, sizeBytes);
        this.invalidateLock = new RwSemaphore(machine, "invalidate_lock", host);
        this.dioCount = new Cell(machine, "i_dio_count", host, 0);
    }

    /// {@return the cache of an empty file of which nothing is cached, whose file system asks how many pages are} Its
    /// pages go by [#remove] alone.
    public static AddressSpace counted(Machine machine, Object host, AddressSpaceOperations operations) {
        return new AddressSpace(machine, host, operations, 0, Optional.of(new Cell(machine, "nrpages", host, 0)));
    }

    /// {@return how many pages are cached (`nrpages`): changes in one step with the cache}
    ///
    /// @throws java.util.NoSuchElementException unless this one is [#counted]
    public Cell nrpages() {
        return nrpages.orElseThrow();
    }

    /// Pages may be huge from now on: steps on the entries of 2 MiB are steps on one object. Before anybody looks for any.
    @Models(file = "include/linux/pagemap.h", symbol = "mapping_set_large_folios")
    public void setLargeFolios() {
        mayBeHuge = true;
    }

    /// {@return what the file system does for these pages}
    public AddressSpaceOperations operations() {
        return operations;
    }

    /// {@return the size of the file, in bytes (`i_size`)}
    public Cell iSize() {
        return iSize;
    }

    /// {@return the lock that keeps pages from being added while blocks go away: taken for reading to add a
    /// page, for writing to truncate or punch a hole}
    public RwSemaphore invalidateLock() {
        return invalidateLock;
    }

    /// A direct transfer of the file begins (`inode_dio_begin`). One step.
    public void dioBegin() {
        dioCount.add(1);
    }

    /// A direct transfer of the file has ended (`inode_dio_end`). One step.
    public void dioEnd() {
        dioCount.add(-1);
    }

    /// Waits until no direct transfer of the file is under way. The caller keeps new ones from starting. One step.
    @Models(file = "fs/inode.c", symbol = "inode_dio_wait")
    public void dioWait() {
        dioCount.await(underWay -> underWay == 0);
    }

    /// {@return the cached page with that index, with a reference for the caller} One step.
    public Optional<Folio> getFolio(long index) {
        return slot(index).get();
    }

    /// {@return the cached page with that index, which may be given up at any time: without a reference} One step.
    public Optional<Folio> look(long index) {
        return slot(index).look();
    }

    /// {@return whether a page with that index is cached} One step.
    public boolean isCached(long index) {
        return slot(index).look().isPresent();
    }

    /// Adds a new, locked folio, which gets a second reference: the cache's. One step.
    ///
    /// @return whether there was none
    public boolean add(long index, Folio folio) {
        return folio.isLarge() ? hugeSlot(index).add(folio) : slot(index).add(folio, index);
    }

    /// {@return whether a page is cached, or in swap, in the 2 MiB around that index} One step.
    public boolean isAnyInHuge(long index) {
        return hugeSlot(index).isOccupied();
    }

    /// {@return the indices of what is cached, or in swap, in the 2 MiB from index `first` on; that one, if there is a huge page}
    /// One step.
    public List<Long> occupiedInHuge(long first) {
        return hugeSlot(first).occupied();
    }

    /// Puts a huge page in the place of the small pages of 2 MiB, all of which the caller has locked, if nothing has come beside
    /// them. The caller's reference to it becomes the cache's; the cache's to those become the caller's. One step.
    ///
    /// @return whether it was done
    public boolean collapse(long first, Folio head, List<Folio> small) {
        return hugeSlot(first).collapse(head, small);
    }

    /// Puts small pages in the place of a huge one, if the only references to that are the cache's and the caller's. The
    /// caller holds the lock of it, and has unmapped it; both hold for what it was. Those that anybody has seen bytes of are
    /// locked until these are copied.
    ///
    /// @param end      the index from which on nothing is kept, but for the first page
    /// @param allocate where small pages come from
    /// @return whether it was done
    @Models(file = "mm/huge_memory.c", symbol = "__folio_split")
    public boolean split(Folio head, long end, Supplier<Folio> allocate) {
        return hugeSlot(head.index()).split(head, end, allocate);
    }

    /// Takes a folio out of the cache, without the cache's reference being dropped: the caller does that.
    /// The caller holds the folio lock, and the folio is part of this file. One step.
    @Models(file = "mm/filemap.c", symbol = "filemap_unaccount_folio")
    public void remove(Folio folio) {
        if (Rmap.isMapped(this, folio.head())) {
            throw machine().finding(Kind.BUG, "bad page cache: " + folio + " is still mapped when it is deleted");
        }
        if (folio.isLarge()) {
            hugeSlot(folio.index()).clear();
        } else {
            slot(folio.index()).clear(Optional.empty());
        }
        folio.clearMapping();
    }

    /// Takes a folio out of the cache as [#remove] does, if the only references to it are the cache's and the
    /// caller's. The caller holds the folio lock, and the folio is part of this file. One step.
    ///
    /// @return whether it was taken out
    public boolean removeIfUnused(Folio folio) {
        return slot(folio.index()).clearIfUnused(folio);
    }

    /// {@return the highest index that was ever looked up, -1 if there is none: nothing is cached behind it}
    public long lastIndex() {
        long last = slots.isEmpty() ? -1 : slots.lastKey();
        return hugeSlots.isEmpty() || !hugeSlots.lastEntry().getValue().wasHuge() ? last : Math.max(last, hugeSlots.lastKey() + HugeSlot.PAGES - 1);
    }

    /// {@return the first index, from `index` on, that a walk over the cache has to look at} Of a sparse file only
    /// the first pages are looked at one by one; behind them, where tasks are not expected to race for pages that
    /// nobody has touched yet, those that were looked up before.
    public long nextIndex(long index) {
        if (index < DENSE_PAGES) {
            return index;
        }
        HugeSlot around = hugeSlots.get(index - index % HugeSlot.PAGES);
        if (around != null && around.wasHuge()) {
            return index;
        }
        Long next = slots.ceilingKey(index);
        Long nextHuge = hugeSlots.ceilingKey(index);
        return Math.min(next == null ? Long.MAX_VALUE : next, nextHuge == null ? Long.MAX_VALUE : nextHuge);
    }

    /// {@return as [#nextIndex]; where pages may be huge, the first index from `index` on at which something is} One step for
    /// each 2 MiB that are looked at.
    @Models(file = "mm/filemap.c", symbol = "find_get_entries")
    public long nextEntry(long index) {
        if (!mayBeHuge) {
            return nextIndex(index);
        }
        hugeSlot(0);
        Long first = hugeSlots.ceilingKey(index - index % HugeSlot.PAGES);
        while (first != null) {
            long next = hugeSlot(first).nextOccupied(index);
            if (next != HugeSlot.NONE) {
                return next;
            }
            first = hugeSlots.higherKey(first);
        }
        return Long.MAX_VALUE;
    }

    /// {@return the cached page with that index, without a step or a reference: for checks at the end}
    public Optional<Folio> peek(long index) {
        Slot slot = slots.get(index);
        HugeSlot around = hugeSlots.get(index - index % HugeSlot.PAGES);
        return around != null && around.now(index).isPresent() ? around.now(index)
                : slot == null ? Optional.empty() : slot.folio;
    }

    /// Puts a folio into the cache, with a reference of the cache's own, before anything runs. No step.
    public void place(long index, Folio folio) {
        if (folio.isLarge()) {
            hugeSlot(index).put(folio);
        } else {
            slot(index).put(folio, index);
        }
    }

    @Override
    @Models(file = "mm/migrate.c", symbol = "__folio_migrate_mapping")
    public boolean migrate(Folio folio, Folio copy) {
        return slot(folio.index()).replaceIfUnused(folio, copy);
    }

    @Override
    public void reclaim(Folio folio) {
        operations.reclaim(this, folio);
    }

    @Override
    public boolean isSwapBacked() {
        return operations.isSwapBacked();
    }

    /// What is in a place of the cache.
    ///
    /// @param folio the page, with a reference
    /// @param swap  what stands for it, if it is in swap
    public record Entry(Optional<Folio> folio, Optional<SwapEntry> swap) {
        /// {@return whether there is neither}
        public boolean isEmpty() {
            return folio.isEmpty() && swap.isEmpty();
        }
    }

    /// {@return what is in the place of the page with that index} One step.
    @Models(file = "mm/filemap.c", symbol = "filemap_get_entry")
    public Entry getEntry(long index) {
        Slot slot = slot(index);
        return new Entry(slot.get(), slot.swap);
    }

    /// {@return whether that slot of swap stands in the place of the page with that index} One step.
    @Models(file = "mm/shmem.c", symbol = "shmem_confirm_swap")
    public boolean isInSwap(long index, SwapEntry entry) {
        return slot(index).isInSwap(entry);
    }

    /// Takes a folio out of the cache and leaves a swap entry in its place. The caller holds the folio lock, and drops the
    /// cache's reference. One step.
    public void replaceBySwap(Folio folio, SwapEntry entry) {
        if (Rmap.isMapped(this, folio)) {
            throw machine().finding(Kind.BUG, folio + " is still mapped when it goes to swap");
        }
        slot(folio.index()).clear(Optional.of(entry));
        folio.clearMapping();
    }

    /// Adds a locked folio in the place of a swap entry. It gets a second reference: the cache's.
    ///
    /// @return whether the entry was still there
    public boolean addExpecting(long index, Folio folio, SwapEntry entry) {
        folio.get();
        boolean added = slot(index).replaceSwap(entry, Optional.of(folio), index);
        if (!added) {
            folio.put();
        }
        return added;
    }

    /// Takes a swap entry out. One step.
    ///
    /// @return whether it was still there
    public boolean removeSwap(long index, SwapEntry entry) {
        return slot(index).replaceSwap(entry, Optional.empty(), index);
    }

    @Override
    public void dirtyFolio(Folio folio) {
        folio.flags().setBits(Folio.DIRTY);
    }

    private Slot slot(long index) {
        Slot slot = slots.get(index);
        if (slot == null) {
            slot = new Slot(index, mayBeHuge ? Optional.of(hugeSlot(index)) : Optional.empty());
            slots.put(index, slot);
        }
        return slot;
    }

    private HugeSlot hugeSlot(long index) {
        return hugeSlots.computeIfAbsent(index - index % HugeSlot.PAGES, first -> new HugeSlot(this, first));
    }

    /// {@return whether a small page is there in a range, or in swap; no step}
    boolean isAnyCachedNow(long first, long end) {
        return !cachedNow(first, end).isEmpty();
    }

    /// {@return the indices in a range at which a small page is, or is in swap; no step}
    List<Long> cachedNow(long first, long end) {
        return slots.subMap(first, end).values().stream().filter(slot -> slot.folio.isPresent() || slot.swap.isPresent())
                .map(slot -> slot.index).toList();
    }

    /// A small page is no longer in its place; within a step.
    void give(Folio small) {
        slot(small.index()).give();
        small.clearMapping();
    }

    /// A part of a huge page becomes a page of its own; within a step.
    void become(long index, Folio small) {
        slot(index).become(small);
    }

    void touchCount(Task task) {
        nrpages.ifPresent(count -> SecondAccess.touch(task, count, Access.ADD, -1));
    }

    /// So many pages are gone that nobody could find any more. One step where there is a count, none if there were none.
    void drop(int pages) {
        if (pages > 0) {
            nrpages.ifPresent(count -> count.add(-pages));
        }
    }

    void count(int delta) {
        nrpages.ifPresent(count -> count.poke(count.peek() + delta));
    }

    /// The place of one page in the cache (an entry of `i_pages`).
    private final class Slot extends SharedObject {
        private Optional<Folio> folio = Optional.empty();
        private Optional<SwapEntry> swap = Optional.empty();

        /// What steps touch: this, or the part of all that may be one huge page.
        private final SharedObject place;
        private final long part;

        private final long index;
        private final Optional<HugeSlot> around;

        Slot(long index, Optional<HugeSlot> around) {
            super(AddressSpace.this, index, "page cache entry", index + " of " + AddressSpace.this);
            this.index = index;
            this.around = around;
            this.place = around.isPresent() ? around.get() : this;
            this.part = around.isPresent() ? HugeSlot.part(index) : -1;
        }

        /// The page, which may be part of a huge one.
        private Optional<Folio> now() {
            Optional<Folio> part = around.flatMap(huge -> huge.now(index));
            return part.isPresent() ? part : folio;
        }

        /// Nothing is there any more; within a step.
        void give() {
            folio = Optional.empty();
            changed();
        }

        /// A part of a huge page becomes a page of its own; within a step.
        void become(Folio small) {
            small.setMapping(AddressSpace.this, index);
            folio = Optional.of(small);
            changed();
        }

        Optional<Folio> get() {
            machine().step(place, Access.READ, part, task -> {
                if (now().isPresent()) {
                    SecondAccess.touch(task, now().get().referenceCount(), Access.ADD, -1);
                }
            });
            now().ifPresent(Folio::getWithinStep);
            machine().current().learn(hashNow());
            return now();
        }

        Optional<Folio> look() {
            machine().step(place, Access.READ, part);
            machine().current().learn(hashNow());
            return now();
        }

        boolean add(Folio added, long index) {
            machine().step(place, Access.WRITE, part, task -> {
                if (now().isEmpty() && swap.isEmpty()) {
                    touchCount(task);
                }
            });
            boolean free = now().isEmpty() && swap.isEmpty();
            machine().current().learn(free ? 1 : 0);
            if (free) {
                put(added, index);
            }
            return free;
        }

        void put(Folio added, long index) {
            added.getUnseen();
            hold(added, index);
        }

        private void hold(Folio added, long index) {
            added.setMapping(AddressSpace.this, index);
            folio = Optional.of(added);
            count(1);
            changed();
        }

        void clear(Optional<SwapEntry> left) {
            machine().step(place, Access.WRITE, part, AddressSpace.this::touchCount);
            folio = Optional.empty();
            swap = left;
            count(-1);
            changed();
        }

        boolean replaceSwap(SwapEntry expected, Optional<Folio> replacement, long index) {
            machine().step(place, Access.WRITE, part, task -> {
                if (replacement.isPresent() && swap.equals(Optional.of(expected))) {
                    touchCount(task);
                }
            });
            boolean same = swap.equals(Optional.of(expected));
            machine().current().learn(same ? 1 : 0);
            if (same) {
                swap = Optional.empty();
                replacement.ifPresent(added -> hold(added, index));
                changed();
            }
            return same;
        }

        boolean isInSwap(SwapEntry entry) {
            machine().step(place, Access.READ, part);
            boolean there = swap.equals(Optional.of(entry));
            machine().current().learn(there ? 1 : 0);
            return there;
        }

        boolean clearIfUnused(Folio cached) {
            machine().step(place, Access.WRITE, part, cached.referenceCount(), Access.READ, -1);
            boolean unused = cached.peekReferenceCount() == 2;
            machine().current().learn(unused ? 1 : 0);
            if (unused) {
                folio = Optional.empty();
                cached.clearMapping();
                changed();
            }
            return unused;
        }

        boolean replaceIfUnused(Folio cached, Folio copy) {
            machine().step(place, Access.WRITE, part, cached.referenceCount(), Access.READ, -1);
            boolean unused = cached.peekReferenceCount() == 2;
            machine().current().learn(unused ? 1 : 0);
            if (unused) {
                copy.getUnseen();
                copy.setMapping(AddressSpace.this, cached.index());
                folio = Optional.of(copy);
                cached.clearMapping();
                changed();
            }
            return unused;
        }

        @Override
        protected boolean isChangedBy(Task task) {
            return task.changes(place, part);
        }

        private long hashNow() {
            return around.isPresent() && around.get().now(index).isPresent() ? around.get().hash() : stateHash();
        }

        @Override
        protected long stateHash() {
            long swapped = swap.map(entry -> Digest.mix(entry.slot(), 13)).orElse(0L);
            return folio.isEmpty() ? swapped : Digest.mix(folio.get().pfn(), 11);
        }
    }
}
