package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.machine.shared.BitLock;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.StateObject;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// One page frame in use (`struct folio`, of one page): its bytes, its references, its lock and its flags.
///
/// The frames of a huge page are one in all but their bytes: what is said of the references, the lock and the flags of one
/// of them is said of all.
///
/// Freed when the last reference goes. Taking and giving references commute; only the last one that goes
/// is ordered with everybody who still looks at the bytes.
public final class Folio extends StateObject {
    /// `PG_uptodate`: the bytes are those of the file.
    public static final long UPTODATE = 1;

    /// `PG_dirty`: the bytes are newer than those on the device.
    public static final long DIRTY = 2;

    /// `PG_writeback`: the bytes are being written to the device.
    public static final long WRITEBACK = 4;

    /// `PG_swapcache`: the folio is cached for a slot of swap; [#swap] says which.
    public static final long SWAPCACHE = 8;

    /// Anonymous memory that need not be kept unless it is written again (MADV_FREE; in Linux `PG_swapbacked` is clear).
    public static final long LAZYFREE = 16;

    /// The file system has looked at the blocks behind it (`PG_private`); kept for pages that are not up to date only.
    public static final long BUFFERS = 32;

    /// The dirty flag was cleared for writing that has not begun: the cache's mark of dirty pages
    /// (`PAGECACHE_TAG_DIRTY`) stays until then, so that whoever looks for such pages still finds this one.
    public static final long TOWRITE = 64;

    private static final long NEVER_MAPPED = -1;

    private final PhysicalMemory memory;
    private final long pfn;
    private final Object what;
    private final FolioData data;
    private final BitLock lock;
    private final Cell flags;
    private final References references;

    /// The first page of the huge page that this one is part of; itself, if of none.
    private final Folio head;

    /// Those that were looked at, of a huge page whose first page this is.
    private final Map<Integer, Folio> pages = new TreeMap<>();

    private final boolean large;

    /// Guarded by [#lock]; empty for anonymous memory and after truncation.
    private Optional<Mapping> mapping = Optional.empty();

    /// Guarded by [#lock].
    private Optional<SwapEntry> swap = Optional.empty();

    private long index;

    /// Where the page is in the areas that map it, if it is anonymous memory that was mapped: reverse maps find it there
    /// (`folio->index`). Guarded by [#lock], or by the page-table lock of the only entry.
    private long anonIndex = NEVER_MAPPED;

    private boolean fileBacked;
    private boolean zeroPage;
    private boolean inUse = true;

    Folio(PhysicalMemory memory, long pfn, Object what) {
        this(memory, pfn, what, false);
    }

    /// @param large whether it is the first page of a huge page
    Folio(PhysicalMemory memory, long pfn, Object what, boolean large) {
        super(memory.machine());
        this.memory = memory;
        this.pfn = pfn;
        this.what = what;
        this.large = large;
        this.head = this;
        this.data = new FolioData(this);
        this.lock = new BitLock(this, 2, "folio lock", this);
        this.flags = new Cell(this, 3, "flags", this, 0);
        this.references = new References();
    }

    private Folio(Folio head, int i) {
        super(head, 16L + i);
        this.memory = head.memory;
        this.pfn = head.pfn + i;
        this.what = head.what;
        this.large = true;
        this.head = head;
        this.data = new FolioData(this);
        this.lock = head.lock;
        this.flags = head.flags;
        this.references = head.references;
    }

    /// {@return page `i` of the huge page whose first page this is; of the page of zeroes always itself}
    public Folio page(int i) {
        return i == 0 || zeroPage ? this : pages.computeIfAbsent(i, n -> new Folio(this, n));
    }

    /// {@return whether it is part of a huge page (`folio_test_large`)}
    public boolean isLarge() {
        return large;
    }

    /// {@return the first page of the huge page that it is part of; itself, if of none (`page_folio`)}
    public Folio head() {
        return head;
    }

    /// {@return which page of that it is}
    public int indexInHuge() {
        return (int) (pfn - head.pfn);
    }

    /// {@return the pages of the huge page whose first page this is that anybody has come by, by number: the others are
    /// zeroes}
    public SortedMap<Integer, Folio> knownPages() {
        TreeMap<Integer, Folio> known = new TreeMap<>(pages);
        known.put(0, this);
        return known;
    }

    /// Fills bytes of a huge page with zeroes, whose first page this is. One step.
    @Models(file = "include/linux/highmem.h", symbol = "folio_zero_range")
    public void zeroRange(long offset, long lengthBytes) {
        machine().step(data, Access.WRITE, -1);
        knownPages().forEach((i, page) -> {
            long start = (long) i * Content.SIZE;
            long from = Math.max(offset - start, 0);
            long to = Math.min(offset + lengthBytes - start, Content.SIZE);
            if (from < to) {
                page.data.content().fill((int) from, (int) (to - from), (byte) 0);
                page.data.written();
            }
        });
    }

    /// {@return the number of the page frame}
    public long pfn() {
        return pfn;
    }

    /// {@return the bytes}
    public FolioData data() {
        return data;
    }

    /// {@return `PG_locked`}
    public BitLock lock() {
        return lock;
    }

    /// {@return the flags, [#UPTODATE], [#DIRTY] and their like, each a bit of its own}
    public Cell flags() {
        return flags;
    }

    /// {@return the file that the folio is cached for; the caller holds the folio lock}
    public Optional<Mapping> mapping() {
        return head.mapping;
    }

    /// {@return the slot of swap that the folio is cached for; the caller holds the folio lock}
    public Optional<SwapEntry> swap() {
        return swap;
    }

    void setSwap(Optional<SwapEntry> entry) {
        swap = entry;
        changed();
    }

    /// {@return the index of the folio in its file, in pages}
    public long index() {
        return head.index + indexInHuge();
    }

    /// {@return the index of the page behind the folio, in pages (`folio_next_index`)}
    public long nextIndex() {
        return head.index + (large ? Thp.PAGES : 1);
    }

    /// {@return whether anonymous memory is where reverse maps look for it, or was never mapped and is there from now on}
    @Models(file = "mm/rmap.c", symbol = "__page_check_anon_rmap")
    boolean belongsAt(long pageIndex) {
        if (anonIndex == NEVER_MAPPED) {
            moveTo(pageIndex);
        }
        return anonIndex == pageIndex;
    }

    /// {@return where reverse maps look for anonymous memory; negative if it was never mapped}
    long anonIndex() {
        return anonIndex;
    }

    /// Has reverse maps look for the page at another place. The caller holds the folio lock.
    @Models(file = "mm/rmap.c", symbol = "folio_move_anon_rmap")
    void moveTo(long pageIndex) {
        anonIndex = pageIndex;
        changed();
    }

    /// As [#moveTo], for all pages of a huge one whose first page this is.
    void moveHugeTo(long pageIndex) {
        moveTo(pageIndex);
        pages.forEach((i, page) -> page.moveTo(pageIndex + i));
    }

    /// {@return whether the folio is part of a file, or was before it was truncated; never changes once other
    /// tasks know the folio}
    public boolean isFileBacked() {
        return head.fileBacked;
    }

    /// Makes the folio, with all pages if it is huge, a part of a file's cache. The caller holds the folio lock, or nobody
    /// else knows the folio.
    ///
    /// @param pageIndex of its first page
    public void setMapping(Mapping file, long pageIndex) {
        mapping = Optional.of(file);
        index = pageIndex;
        fileBacked = true;
        changed();
    }

    /// Takes the folio out of its file. The caller holds the folio lock.
    public void clearMapping() {
        head.mapping = Optional.empty();
        head.changed();
    }

    /// Takes a reference more; the caller holds one, or a lock that keeps the folio alive. One step.
    public void get() {
        machine().step(references, Access.ADD, -1);
        references.add(1);
    }

    /// Takes a reference unless the folio is being freed (`folio_try_get`). One step.
    ///
    /// @return whether it was taken
    public boolean tryGet() {
        return tryGrab(FolioHold.REFERENCE);
    }

    /// Holds the folio unless it is being freed (`try_grab_folio`). One step.
    ///
    /// @return whether it is held
    boolean tryGrab(FolioHold hold) {
        return tryGrab(hold, 1);
    }

    /// Holds a number of pages that are part of the same huge page, if there is more than one. One step.
    ///
    /// @return whether they are held
    boolean tryGrab(FolioHold hold, int held) {
        machine().step(references, Access.WRITE, -1);
        boolean alive = head.inUse;
        machine().current().learn(alive ? 1 : 0);
        if (alive) {
            references.hold(hold, held);
        }
        return alive;
    }

    /// Gives a reference back, and frees the folio with the last one. One step.
    public void put() {
        put(1);
    }

    /// Gives back what a number of pages is held by, which are part of the same huge page if there is more than one. One
    /// step.
    void release(FolioHold hold, int held) {
        put(hold.references(this) * held, 0, hold == FolioHold.PIN ? held : 0);
    }

    private void put(int given) {
        put(given, 0, 0);
    }

    private void put(int given, int mappings, int pins) {
        machine().step(references, Access.ADD, -1, task -> {
            if (references.count == given) {
                SecondAccess.touch(task, data.touched(), Access.WRITE, -1);
            }
        });
        references.mappings -= head.fileBacked ? 0 : mappings;
        references.pins -= pins;
        references.add(-given);
        if (references.count == 0) {
            head.free();
        }
    }

    private void free() {
        inUse = false;
        forget();
        pages.values().forEach(Folio::forget);
        flags.pokeUnseen(0);
        memory.free(this);
    }

    /// Another folio may have the frame next: nothing is left by which the state could be told from one in which it was never
    /// used.
    private void forget() {
        data.forget();
        anonIndex = NEVER_MAPPED;
        mapping = Optional.empty();
        swap = Optional.empty();
        changedUnseen();
        assert stateHash() == 0 && !lock.isLocked() : this + " freed, but not forgotten";
    }

    /// Gives a reference back that is not the last one, before anything runs. No step.
    public void putUnseen() {
        references.add(-1);
    }

    /// {@return the shared object that counts references: touched with [Access#ADD] to take one}
    public SharedObject referenceCount() {
        return references;
    }

    /// Takes a reference within a step that was announced as an addition to [#referenceCount].
    public void getWithinStep() {
        getWithinStep(FolioHold.REFERENCE);
    }

    void getWithinStep(FolioHold hold) {
        references.hold(hold, 1);
    }

    /// Takes a reference for who makes the folio known, as nobody else knows it, or who does needs the folio lock to look
    /// at the count. No step.
    public void getUnseen() {
        references.addUnseen(1);
    }

    /// Takes a reference for one more entry that maps the folio, as [#getWithinStep] does.
    void mapWithinStep() {
        references.mappings++;
        references.add(1);
    }

    /// One more entry maps the folio, by a reference that it takes over, within a step that was announced as an addition to
    /// [#referenceCount].
    void addRmapWithinStep() {
        references.mappings++;
        references.changeMappings();
    }

    /// As that, of a folio that nobody else knows.
    void addRmapUnseen() {
        references.mappings++;
    }

    /// One entry less maps the folio, and leaves its reference, within such a step.
    void removeRmapWithinStep() {
        references.mappings--;
        references.changeMappings();
    }

    /// One entry less maps the folio, and leaves its reference. One step.
    public void removeRmap() {
        machine().step(references, Access.ADD, -1);
        removeRmapWithinStep();
    }

    /// Gives a reference back that is not the last one, within a step that was announced as an addition to
    /// [#referenceCount].
    public void putWithinStep() {
        references.add(-1);
    }

    /// Gives the reference of an entry back that maps the folio no longer. One step.
    void putMapping() {
        putMappings(1);
    }

    /// Gives the references of so many entries back that map pages of the folio no longer. One step.
    void putMappings(int entries) {
        put(entries, entries, 0);
    }

    /// A huge page that one entry maps is mapped by one for each page from now on, within a step that was announced as an
    /// addition to [#referenceCount].
    void splitMappingWithinStep() {
        references.mappings += Thp.PAGES - 1;
        references.add(Thp.PAGES - 1);
    }

    /// Nothing maps the new folio yet, which is not for an entry that is about to.
    public void becomeUnmapped() {
        references.mappings = 0;
    }

    /// {@return how many entries map the folio, if it is anonymous memory, or of the pool (`folio_mapcount`)} One step.
    public int readMappings() {
        machine().step(references, Access.READ, -1);
        machine().current().learn(references.mappings);
        return references.mappings;
    }

    /// {@return the number of references but those of entries, without a step}
    int peekOtherReferences() {
        return references.count - references.mappings;
    }

    /// {@return whether somebody may have pinned the folio (`folio_maybe_dma_pinned`); never wrong if it says no}
    /// One step.
    public boolean maybeDmaPinned() {
        readReferenceCount();
        return isPinnedNow();
    }

    /// {@return as [#maybeDmaPinned], within a step} Of a pin that came after that one, too.
    boolean isPinnedNow() {
        return large ? references.pins > 0 : references.count >= FolioHold.PIN.references(this);
    }

    /// {@return whether this is the page of zeroes that read faults on anonymous memory map}
    public boolean isZeroPage() {
        return zeroPage;
    }

    void becomeZeroPage() {
        zeroPage = true;
    }

    /// {@return the number of references} One step.
    public int readReferenceCount() {
        machine().step(references, Access.READ, -1);
        machine().current().learn(references.count + ((long) references.pins << 32));
        return references.count;
    }

    /// {@return the number of references, without a step: for checks at the end and for reports}
    public int peekReferenceCount() {
        return references.count;
    }

    void checkInUse() {
        if (!head.inUse) {
            throw machine().finding(Kind.USE_AFTER_FREE, this + " used after it was freed");
        }
    }

    @Override
    protected long digestName() {
        return Digest.mix(pfn, 7);
    }

    @Override
    protected long stateHash() {
        long cachedFor = mapping.isEmpty() ? anonIndex + 1 : Digest.mix(mapping.get().stableName(), index);
        return swap.isEmpty() ? cachedFor : Digest.mix(cachedFor, swap.get().slot() + 1);
    }

    @Override
    public String toString() {
        return mapping().map(file -> "page " + index() + " of " + file).orElse(what + " page, pfn " + pfn);
    }

    /// The reference count of the folio.
    private final class References extends SharedObject {
        private int count = 1;

        /// Those of entries, for anonymous memory. A new page is about to be mapped.
        private int mappings = 1;

        /// Those of pins of a huge page (`_pincount`), of which each is one reference only.
        private int pins;

        References() {
            super(Folio.this, 4, "refcount", Folio.this);
            changed();
        }

        void hold(FolioHold hold, int held) {
            pins += hold == FolioHold.PIN ? held : 0;
            add(hold.references(Folio.this) * held);
        }

        void add(int delta) {
            addUnseen(delta);
            changed();
        }

        void changeMappings() {
            checkInUse();
            changed();
        }

        void addUnseen(int delta) {
            checkInUse();
            count += delta;
            changedUnseen();
        }

        @Override
        protected long stateHash() {
            return inUse ? count + (mappings - 1) * 0x10_0000L + (large ? (long) pins << 40 : 0) : 0;
        }
    }
}
