package dev.faultline.kernel.mm;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.NotModelled;
import dev.faultline.machine.task.StateObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// The address space of a process (`struct mm_struct`): its areas and its page table.
public final class Mm extends StateObject {
    /// The first address that programs cannot have (`TASK_SIZE_MAX`): the last page below the hole in the address
    /// space stays free.
    public static final long TASK_SIZE = (1L << 47) - 4096;

    /// How many tables a range has at most of which each is looked at.
    private static final long MOST_TABLES = 64;

    private static final long MMAP_BASE = 0x7f00_0000_0000L;

    private final String name;
    private final Architecture architecture;
    private final RwSemaphore mmapLock;
    private final TlbFlush tlbFlush;
    private final VmaLocks vmaLocks;
    private final Swap swap;
    private final VmaLocking vmaLocking;
    private final SeveralAreas severalAreas;
    private final Thp thp;
    private final boolean hugeEntries;
    private final TableWalk tableWalk;
    private final LocklessWalks locklessWalks;
    private final Cell writeProtectSeq;
    private final PageTable pageTable = new PageTable(this);

    private AnonVmaRoot anonVma;

    /// Guarded by [#mmapLock].
    private boolean ended;

    private int miscounted;

    /// Guarded by [#mmapLock]; by start address.
    private final TreeMap<Long, Vma> areas = new TreeMap<>();
    private long lastAge;

    /// An empty address space.
    ///
    /// @param name  the process, for reports
    /// @param parts the kernel that it runs on
    /// @param swap  where its pages go if they leave memory
    public Mm(Machine machine, String name, Parts parts, Swap swap) {
        super(machine);
        this.name = name;
        this.architecture = parts.get(Architecture.PART, () -> Architecture.X86_64);
        this.tlbFlush = parts.get(TlbFlush.PART, TlbFlush::new);
        this.vmaLocking = parts.get(VmaLocking.PART, VmaLocking::new);
        this.severalAreas = parts.get(SeveralAreas.PART, SeveralAreas::new);
        this.thp = parts.get(Thp.PART, () -> Thp.NEVER);
        this.hugeEntries = thp != Thp.NEVER || parts.get(HugetlbPages.PART, () -> HugetlbPages.NONE).isThere();
        this.tableWalk = parts.get(TableWalk.PART, TableWalk::new);
        this.locklessWalks = new LocklessWalks(this);
        this.vmaLocks = new VmaLocks(this);
        this.swap = swap;
        this.mmapLock = new RwSemaphore(machine, "mmap_lock", name);
        this.writeProtectSeq = new Cell(machine, "write_protect_seq", name, 0);
        this.anonVma = new AnonVmaRoot(machine, this);
    }

    /// The last thread of the process has ended (`mm_users` is 0). The caller holds `mmap_lock` for writing.
    public void end() {
        ended = true;
        changed();
    }

    /// {@return whether the last thread of the process has ended} The caller holds `mmap_lock`.
    public boolean hasEnded() {
        return ended;
    }

    /// Counts pages as mapped that will be taken off as another sort of page (`mm_counter`). Only what does not fit is
    /// counted here; nothing else looks at the counts.
    public void miscount(int pages) {
        miscounted += pages;
        changed();
    }

    /// {@return how many pages are left over on one count and missing from another; no step}
    public int miscounted() {
        return miscounted;
    }

    /// {@return the anonymous pages that are mapped where their reverse maps do not look for them; no step}
    public List<Folio> unfindable() {
        return used(0, TASK_SIZE).stream().flatMap(slot -> slot.unfindable().stream()).toList();
    }

    /// {@return the process, for reports}
    public String name() {
        return name;
    }

    /// {@return the processor's architecture}
    public Architecture architecture() {
        return architecture;
    }

    /// {@return the lock of the set of areas}
    public RwSemaphore mmapLock() {
        return mmapLock;
    }

    /// {@return the locks of the areas}
    public VmaLocks vmaLocks() {
        return vmaLocks;
    }

    /// {@return which faults do with those}
    VmaLocking vmaLocking() {
        return vmaLocking;
    }

    /// {@return whether one call moves several areas}
    SeveralAreas severalAreas() {
        return severalAreas;
    }

    /// {@return where its pages go if they leave memory}
    public Swap swap() {
        return swap;
    }

    /// Gives `mmap_lock` up, which is held for writing.
    public void writeUnlock() {
        vmaLocks.endWriteAll();
    }

    /// {@return who else may map its anonymous pages}
    AnonVmaRoot anonVma() {
        return anonVma;
    }

    /// Joins the family of `parent`, whose pages are about to be shared. Nobody else knows this address space.
    void joinFamily(Mm parent) {
        parent.anonVma.add(this);
        anonVma = parent.anonVma;
    }

    /// {@return how translations are flushed}
    TlbFlush tlbFlush() {
        return tlbFlush;
    }

    /// {@return the count that is odd while fork write-protects entries, and another afterwards}
    Cell writeProtectSeq() {
        return writeProtectSeq;
    }

    /// {@return where it may have huge pages}
    Thp thp() {
        return thp;
    }

    /// {@return whether entries of the middle level may map pages, so that they are places of their own}
    public boolean hasHugeEntries() {
        return hugeEntries;
    }

    /// {@return what keeps lockless walks from what becomes of tables}
    TableWalk tableWalk() {
        return tableWalk;
    }

    /// {@return who walks the page table without locks; noted only where there may be huge pages}
    LocklessWalks locklessWalks() {
        return locklessWalks;
    }

    /// {@return the entry of the middle level for `address`, if there may be huge pages}
    Optional<PmdSlot> pmd(long address) {
        return pageTable.pmd(architecture.untagged(address));
    }

    /// {@return the entries of the middle level for a range, by address; none where there cannot be huge pages} Of a range
    /// that is longer than what anybody else may fault in meanwhile, only those where something is.
    List<PmdSlot> pmds(long start, long end) {
        if (!hugeEntries || start >= end) {
            return List.of();
        }
        long count = (end - Thp.start(start) + Thp.BYTES - 1) / Thp.BYTES;
        return count > MOST_TABLES ? pageTable.middle(start, end) : LongStream.range(0, count)
                .mapToObj(i -> pageTable.pmd(start + i * Thp.BYTES).orElseThrow()).toList();
    }

    /// {@return the places of a range in which something ever was; no step}
    Collection<PteSlot> used(long start, long end) {
        return pageTable.used(start, end);
    }

    /// {@return the page-table entry for `address`}
    public PteSlot slot(long address) {
        return pageTable.slot(architecture.untagged(address));
    }

    /// {@return every page-table entry in which something ever was, by address}
    public List<PteSlot> slots() {
        return List.copyOf(pageTable.used());
    }

    /// {@return every page-table entry from `start` (inclusive) to `end` (exclusive) in which something ever was, by
    /// address} For those who keep faults out of the range meanwhile: by `mmap_lock` for writing and the locks of its
    /// areas, or because nobody finds the areas any more. Then nothing comes to be in another entry.
    public List<PteSlot> slots(long start, long end) {
        return hugeEntries ? inTables(start, end) : vmaLocking.waitsForReaders() ? List.copyOf(pageTable.used(start, end)) : walk(start, end);
    }

    /// {@return every page-table entry from `start` (inclusive) to `end` (exclusive), for those who look at a range while
    /// faults fill it} That nothing is in an entry yet is seen by a step too: it may be filled before or after that.
    ///
    /// @throws NotModelled if they are more than one table has
    List<PteSlot> walk(long start, long end) {
        if (hugeEntries) {
            return inTables(start, end);
        }
        long pages = (end - start) / Content.SIZE;
        if (pages > PageTable.ENTRIES) {
            throw new NotModelled("calls that walk " + pages + " pages at once while others may fault there; "
                    + PageTable.ENTRIES + " are the most");
        }
        return LongStream.range(0, pages).mapToObj(page -> slot(start + page * Content.SIZE)).toList();
    }

    /// Of a table one sees in one step what is in it, as its lock is held for the whole of it.
    private List<PteSlot> inTables(long start, long end) {
        List<PteSlot> slots = new ArrayList<>();
        for (PmdSlot pmd : pmds(start, end)) {
            slots.addAll(pmd.entries(Math.max(start, pmd.address()), Math.min(end, pmd.address() + Thp.BYTES)));
        }
        return slots;
    }

    /// Something is put into an entry for the first time.
    void use(PteSlot slot) {
        pageTable.use(slot);
    }

    /// {@return the entries that map the page, or will again, without a step: for [AnonVmaRoot]}
    List<PteSlot> slotsOf(Folio folio) {
        return pageTable.used().stream()
                .filter(slot -> isOf(slot.peek(), folio)).toList();
    }

    /// {@return where the page may be mapped: in areas that are on their way out, then by the order of the areas; no step}
    List<Long> addressesOf(Folio folio) {
        List<Long> known = areas.values().stream().sorted(Vma.IN_WALKS).flatMap(vma -> vma.addressOfAnonymous(folio).stream()).toList();
        Stream<Long> others = slotsOf(folio).stream().map(PteSlot::address).filter(address -> !known.contains(address));
        return Stream.concat(others, known.stream()).toList();
    }

    /// {@return the age of an area that is made now}
    long nextAge() {
        return ++lastAge;
    }

    /// {@return the entries of the middle level that map the huge page, or tables with parts of it; no step}
    List<PmdSlot> pmdsOf(Folio head) {
        return pageTable.middle(0, TASK_SIZE).stream().filter(pmd -> pmd.mapsPartOf(head)).toList();
    }

    private static boolean isOf(Pte pte, Folio folio) {
        return pte instanceof Pte.Present present && present.folio() == folio
                || pte instanceof Pte.Migration migration && migration.was().folio() == folio;
    }

    /// {@return the area that contains `address`} The caller holds `mmap_lock`.
    public Optional<Vma> vmaLookup(long address) {
        return findVma(address).filter(vma -> vma.start() <= address);
    }

    /// {@return the first area that ends behind `address`} The caller holds `mmap_lock`.
    public Optional<Vma> findVma(long address) {
        assertLocked();
        return findUnlocked(address);
    }

    /// Looks whether the running task may look areas up: nothing else keeps those apart who change them.
    @Models(file = "include/linux/mmap_lock.h", symbol = "mmap_assert_locked")
    private void assertLocked() {
        if (!mmapLock.isLockedByMe()) {
            throw machine().finding(Kind.BUG, "areas of " + name + " looked up without mmap_lock");
        }
    }

    /// {@return the area that contains `address`} For those who hold another lock that keeps the area, and find it in the
    /// same step.
    Optional<Vma> vmaLookupUnlocked(long address) {
        return findUnlocked(address).filter(vma -> vma.start() <= address);
    }

    private Optional<Vma> findUnlocked(long address) {
        Map.Entry<Long, Vma> below = areas.floorEntry(address);
        if (below != null && below.getValue().end() > address) {
            return Optional.of(below.getValue());
        }
        Map.Entry<Long, Vma> above = areas.ceilingEntry(address);
        return above == null ? Optional.empty() : Optional.of(above.getValue());
    }

    /// {@return the areas, by address} The caller holds `mmap_lock`, or nobody else runs.
    public List<Vma> areas() {
        return List.copyOf(areas.values());
    }

    /// {@return the areas that reach into a range, by address} The caller holds `mmap_lock`.
    public List<Vma> areas(long start, long end) {
        assertLocked();
        return areas.values().stream().filter(vma -> vma.end() > start && vma.start() < end).toList();
    }

    /// {@return whether no area reaches into a range} The caller holds `mmap_lock`, or has taken the areas out under it.
    boolean nothingLiesIn(long start, long end) {
        return areas.values().stream().noneMatch(vma -> vma.end() > start && vma.start() < end);
    }

    /// Adds an area that overlaps no other. The caller holds `mmap_lock` for writing.
    public void insert(Vma vma) {
        areas.put(vma.start(), vma);
        changed();
    }

    /// An area of it has changed.
    void areaChanged() {
        changed();
    }

    /// Takes an area out. The caller holds `mmap_lock` for writing.
    public void remove(Vma vma) {
        areas.remove(vma.start());
        changed();
    }

    /// {@return the start of `lengthBytes` unmapped bytes below every mapping made so} The caller holds `mmap_lock`.
    public long unmappedArea(long lengthBytes) {
        return unmappedArea(lengthBytes, Content.SIZE);
    }

    /// {@return as that, a multiple of `alignment`, which is a power of two}
    @Models(file = "mm/vma.c", symbol = "unmapped_area_topdown")
    public long unmappedArea(long lengthBytes, long alignment) {
        long top = MMAP_BASE;
        for (Vma vma : areas.descendingMap().values()) {
            if ((top - lengthBytes & -alignment) >= vma.end()) {
                break;
            }
            top = Math.min(top, vma.start());
        }
        return top - lengthBytes & -alignment;
    }

    @Override
    protected long stateHash() {
        return Digest.mix(Vma.hash(areas.values()), (ended ? 1 : 0) + 2L * miscounted);
    }

    @Override
    public String toString() {
        return name;
    }
}
