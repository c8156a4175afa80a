package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.SharedObject;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// The places of 2 MiB in the cache, where these may be one huge page. The place of each page is a part.
final class HugeSlot extends SharedObject {
    /// The pages of a huge one.
    static final int PAGES = 512;

    /// No index.
    static final long NONE = -1;

    private static final int PARTS = 63;

    private final AddressSpace space;
    private final long first;
    private Optional<Folio> huge = Optional.empty();
    private boolean wasHuge;

    HugeSlot(AddressSpace space, long first) {
        super(space, -1 - first, "page cache entries", first + " ff. of " + space);
        this.space = space;
        this.first = first;
    }

    /// {@return the part that the place of a page is}
    static long part(long index) {
        return 1L << index % PAGES % PARTS;
    }

    private boolean isOccupiedNow() {
        return huge.isPresent() || space.isAnyCachedNow(first, first + PAGES);
    }

    /// {@return the page of it that is part of the huge page, if there is one; no step}
    Optional<Folio> now(long index) {
        return huge.map(head -> head.page((int) (index - first)));
    }

    /// {@return whether there is a huge page, or was one; no step}
    boolean wasHuge() {
        return wasHuge;
    }

    /// {@return a hash of the huge page, 0 for none}
    long hash() {
        return stateHash();
    }

    /// {@return whether a page is there, or in swap} One step.
    boolean isOccupied() {
        machine().step(this, Access.READ, -1);
        boolean occupied = isOccupiedNow();
        machine().current().learn(occupied ? 1 : 0);
        return occupied;
    }

    /// {@return at which places something is, a small page or what stands for one in swap; at the first one if that is a huge
    /// page} One step.
    List<Long> occupied() {
        machine().step(this, Access.READ, -1);
        List<Long> places = occupiedNow();
        places.forEach(machine().current()::learn);
        return places;
    }

    /// {@return the first index from `from` on at which something is, [#NONE] if nothing is} One step.
    long nextOccupied(long from) {
        machine().step(this, Access.READ, -1);
        long next = huge.isPresent() ? Math.max(first, from) : occupiedNow().stream().filter(index -> index >= from).findFirst().orElse(NONE);
        machine().current().learn(next);
        return next;
    }

    private List<Long> occupiedNow() {
        return huge.isPresent() ? List.of(first) : space.cachedNow(first, first + PAGES);
    }

    /// Puts a huge page in the place of small ones that the caller has locked, unless there is something else by now. The
    /// caller's references, to it and to those, stand for the cache's, which has none to those any more. One step.
    ///
    /// @return whether it was done
    boolean collapse(Folio head, List<Folio> small) {
        machine().step(this, Access.WRITE, -1);
        boolean same = occupiedNow().size() == small.size();
        machine().current().learn(same ? 1 : 0);
        if (same) {
            small.forEach(space::give);
            head.setMapping(space, first);
            huge = Optional.of(head);
            wasHuge = true;
            changed();
        }
        return same;
    }

    /// Adds a huge page. One step.
    ///
    /// @return whether nothing was there
    boolean add(Folio added) {
        machine().step(this, Access.WRITE, -1, task -> {
            if (!isOccupiedNow()) {
                space.touchCount(task);
            }
        });
        boolean free = !isOccupiedNow();
        machine().current().learn(free ? 1 : 0);
        if (free) {
            put(added);
        }
        return free;
    }

    /// Puts a huge page there, with a reference of the cache's own, within a step or before anything runs.
    void put(Folio added) {
        added.getUnseen();
        added.setMapping(space, first);
        huge = Optional.of(added);
        wasHuge = true;
        space.count(PAGES);
        changed();
    }

    /// Takes the huge page out. One step.
    void clear() {
        machine().step(this, Access.WRITE, -1, space::touchCount);
        huge = Optional.empty();
        space.count(-PAGES);
        changed();
    }

    /// Puts small pages in the place of a huge one; at least the first one stays. One step, and more for the bytes and the
    /// count.
    ///
    /// @return whether nobody but the cache and the caller had a reference
    boolean split(Folio head, long end, Supplier<Folio> allocate) {
        machine().step(this, Access.WRITE, -1, head.referenceCount(), Access.WRITE, -1);
        boolean alone = head.peekReferenceCount() == 2;
        machine().current().learn(alone ? 1 : 0);
        if (alone) {
            huge = Optional.empty();
            head.clearMapping();
            head.putWithinStep(); // the cache's reference
            int kept = Math.clamp(end - first, 1, PAGES);
            TreeMap<Integer, Folio> locked = placeSmall(head, kept, allocate);
            space.drop(PAGES - kept);
            copy(head, locked);
        }
        return alone;
    }

    /// {@return those that have bytes to be copied, by number, locked}
    private TreeMap<Integer, Folio> placeSmall(Folio head, int kept, Supplier<Folio> allocate) {
        TreeMap<Integer, Folio> locked = new TreeMap<>();
        for (int i = 0; i < kept; i++) {
            Folio small = allocate.get(); // its reference is the cache's
            small.flags().pokeUnseen(head.flags().peek());
            if (head.knownPages().containsKey(i)) {
                small.lock().lockUnpublished();
                locked.put(i, small);
            }
            space.become(first + i, small);
        }
        changed();
        return locked;
    }

    private void copy(Folio head, TreeMap<Integer, Folio> locked) {
        locked.forEach((i, small) -> {
            head.page(i).data().copyTo(small.data());
            small.lock().unlock();
        });
    }

    @Override
    protected long stateHash() {
        return huge.map(folio -> Digest.mix(folio.pfn(), 17)).orElse(0L);
    }
}
