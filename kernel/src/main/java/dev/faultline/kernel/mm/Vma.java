package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Digest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A range of addresses of a process that is mapped in one way (`struct vm_area_struct`). Immutable but for its
/// `anon_vma`: a change replaces it, under `mmap_lock` for writing.
public final class Vma {
    /// The order in which who looks for a page goes through areas (`vma_interval_tree`).
    static final Comparator<Vma> IN_WALKS = Comparator.comparingLong(Vma::firstIndex).thenComparingLong(vma -> vma.age);

    private static final long PAGE_BYTES = Content.SIZE;

    private final Mm mm;
    private final long start;
    private final long end;
    private final EnumSet<VmFlag> flags;
    private final Optional<FileArea> file;
    private final Optional<UserFaultHandler> userfault;

    /// Of memory without a file, the index in memory of the page at which it began: what lies beside it can be one with it
    /// only where that goes on.
    private final long anonOffset;

    /// Of areas that begin at the same place of what they map, who looks for a page goes to the older one first.
    private final long age;

    /// Guarded by `mmap_lock`: set under it for reading, looked at under it for writing, or by faults in the area.
    private AnonVma anonVma;

    /// What keeps the pages of an area together that are no file's (`struct anon_vma`), with those of areas that were one
    /// with it. Each is another one, but for where it is handed on.
    private static final class AnonVma {
        /// That of an area that was never written.
        private static final AnonVma NONE = new AnonVma(false);

        /// Whether it has pages of its parents too (`vma_is_fork_child`).
        private final boolean isOfForkChild;

        private AnonVma(boolean isOfForkChild) {
            this.isOfForkChild = isOfForkChild;
        }
    }

    /// What an area of a file maps.
    ///
    /// @param mapping    the file
    /// @param pageOffset the index in the file of the first page of the area
    /// @param operations what the file system does for it
    /// @param file       the file as it was opened
    public record FileArea(Mapping mapping, long pageOffset, VmOperations operations, MappedFile file) {
        /// {@return what it maps, handled otherwise}
        private FileArea with(VmOperations others) {
            return new FileArea(mapping, pageOffset, others, file);
        }
    }

    /// An area from `start` (inclusive) to `end` (exclusive), both multiples of the page size.
    public Vma(Mm mm, long start, long end, Set<VmFlag> flags, Optional<FileArea> file) {
        this(mm, start, end, flags, file, Optional.empty(), start / PAGE_BYTES, mm.nextAge(), AnonVma.NONE);
    }

    private Vma(Mm mm, long start, long end, Set<VmFlag> flags, Optional<FileArea> file,
            Optional<UserFaultHandler> userfault, long anonOffset, long age, AnonVma anonVma) {
        this.mm = mm;
        this.start = start;
        this.end = end;
        this.flags = EnumSet.copyOf(flags);
        this.file = file;
        this.userfault = userfault;
        this.anonOffset = anonOffset;
        this.age = age;
        this.anonVma = anonVma;
    }

    /// {@return the address space that the area is in}
    public Mm mm() {
        return mm;
    }

    /// {@return the first address}
    public long start() {
        return start;
    }

    /// {@return the first address behind the area}
    public long end() {
        return end;
    }

    /// {@return whether the area has that property}
    public boolean has(VmFlag flag) {
        return flags.contains(flag);
    }

    /// {@return the properties of the area}
    public Set<VmFlag> flags() {
        return EnumSet.copyOf(flags);
    }

    /// {@return what it maps; empty for anonymous memory}
    public Optional<FileArea> file() {
        return file;
    }

    /// {@return who serves its faults, if the program does (`vm_userfaultfd_ctx`)}
    public Optional<UserFaultHandler> userfault() {
        return userfault;
    }

    /// {@return what is done otherwise with it, if its pages are huge ones of a pool (`is_vm_hugetlb_page`)}
    public Optional<HugetlbOperations> hugetlb() {
        return file.flatMap(area -> area.operations().hugetlb());
    }

    /// {@return the bytes of one of its pages}
    @Models(file = "mm/hugetlb.c", symbol = "vma_kernel_pagesize")
    public long pageBytes() {
        return has(VmFlag.HUGETLB) ? Thp.BYTES : PAGE_BYTES;
    }

    /// {@return whether the area has no operations of a file (`vma_is_anonymous`)}
    public boolean isAnonymous() {
        return file.isEmpty();
    }

    /// {@return whether a write makes a private copy first (`is_cow_mapping`)}
    public boolean isCow() {
        return !has(VmFlag.SHARED) && has(VmFlag.MAYWRITE);
    }

    /// {@return the index in the file of the page at `address`; for an area of a file only}
    public long pageIndex(long address) {
        return file.orElseThrow().pageOffset() + (address - start >> 12);
    }

    /// {@return where reverse maps look for an anonymous page at `address`} Memory of its own counts from where it was first.
    @Models(file = "include/linux/pagemap.h", symbol = "linear_page_index")
    long linearPageIndex(long address) {
        return file.isPresent() ? pageIndex(address) : anonOffset(address);
    }

    /// {@return the index of what is mapped where the area begins, as reverse maps count}
    long firstIndex() {
        return linearPageIndex(start);
    }

    /// {@return the address at which the page would be mapped if the area had it, which is no file's; no step}
    Optional<Long> addressOfAnonymous(Folio folio) {
        long address = start + (folio.anonIndex() - firstIndex()) * PAGE_BYTES;
        return folio.anonIndex() >= firstIndex() && address < end ? Optional.of(address) : Optional.empty();
    }

    /// {@return the address at which page `index` of the file is mapped, or -1 if it is not in the area}
    public long addressOf(long index) {
        long first = file.orElseThrow().pageOffset();
        long address = start + (index - first << 12);
        return index >= first && address < end ? address : -1;
    }

    /// {@return a part of the area, with those properties}
    Vma part(long from, long to, Set<VmFlag> partFlags) {
        return new Vma(mm, from, to, partFlags, fileFrom(from), userfault, anonOffset(from), age, anonVma);
    }

    private Optional<FileArea> fileFrom(long from) {
        return file.map(area -> new FileArea(area.mapping(), pageIndex(from), area.operations(), area.file()));
    }

    private long anonOffset(long address) {
        return anonOffset + (address - start) / PAGE_BYTES;
    }

    /// {@return a part of the area, whose faults `handler` serves from now on}
    Vma registered(long from, long to, Set<VmFlag> partFlags, Optional<UserFaultHandler> handler) {
        return new Vma(mm, from, to, partFlags, fileFrom(from), handler, anonOffset(from), age, anonVma);
    }

    /// {@return the area, with ordinary faults}
    Vma unregistered() {
        EnumSet<VmFlag> ordinary = EnumSet.copyOf(flags);
        ordinary.removeAll(VmFlag.UFFD);
        return new Vma(mm, start, end, ordinary, file, Optional.empty(), anonOffset, age, anonVma);
    }

    /// {@return an area elsewhere that maps what this one maps from `from` on} Memory without a file remembers where it was,
    /// if it was ever written.
    @Models(file = "mm/vma.c", symbol = "copy_vma")
    Vma copied(long newStart, long newEnd, long from) {
        return new Vma(mm, newStart, newEnd, flags, fileFrom(from), userfault,
                hasAnonVma() ? anonOffset(from) : newStart / PAGE_BYTES, mm.nextAge(), anonVma);
    }

    /// {@return one area for this one and `next` behind it, with which it can merge}
    Vma joined(Vma next) {
        return new Vma(mm, start, next.end, flags, file, userfault, anonOffset, Math.min(age, next.age),
                hasAnonVma() ? anonVma : next.anonVma);
    }

    /// {@return the area in a copy of its address space, not served by the program} Has no pages of its own to begin
    /// with if the child is to find zeroes.
    @Models(file = "mm/rmap.c", symbol = "anon_vma_fork")
    Vma forked(Mm child, Set<VmFlag> childFlags) {
        AnonVma ofChild = hasAnonVma() && !has(VmFlag.WIPEONFORK) ? new AnonVma(true) : AnonVma.NONE;
        Optional<FileArea> ofFile = file.map(area -> area.with(area.operations().forked()));
        return new Vma(child, start, end, childFlags, ofFile, Optional.empty(), anonOffset, age, ofChild);
    }

    /// {@return the area, whose pages have moved elsewhere}
    Vma movedAway(HugetlbOperations operations) {
        return new Vma(mm, start, end, flags, file.map(area -> area.with(operations.movedAway())), userfault, anonOffset, age, anonVma);
    }

    /// {@return whether the area may have pages that are no file's, which fork has to copy}
    boolean hasAnonVma() {
        return anonVma != AnonVma.NONE;
    }

    /// Prepares the area for pages that are no file's. No step: who looks at it keeps out those who prepare. The caller holds
    /// `mmap_lock` for reading.
    @Models(file = "mm/rmap.c", symbol = "__anon_vma_prepare")
    public void anonVmaPrepare() {
        if (!hasAnonVma()) {
            anonVma = mm.vmaLookupUnlocked(end).filter(next -> reusesAnonVma(this, next)).map(next -> next.anonVma)
                    .or(() -> mm.vmaLookupUnlocked(start - 1).filter(before -> reusesAnonVma(before, this)).map(before -> before.anonVma))
                    .orElseGet(() -> new AnonVma(false));
            mm.areaChanged();
        }
    }

    /// {@return whether one of two neighbours may take what the other has, as they could be one but for how they can be
    /// accessed}
    @Models(file = "mm/vma.c", symbol = "reusable_anon_vma")
    private static boolean reusesAnonVma(Vma before, Vma after) {
        AnonVma known = before.hasAnonVma() ? before.anonVma : after.anonVma;
        return known != AnonVma.NONE && !known.isOfForkChild && withoutAccess(before).equals(withoutAccess(after))
                && before.goesOnIn(after);
    }

    private static EnumSet<VmFlag> withoutAccess(Vma vma) {
        EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags);
        flags.removeAll(EnumSet.of(VmFlag.READ, VmFlag.WRITE, VmFlag.EXEC));
        return flags;
    }

    /// Forgets that the area had pages of its own: all of them have moved elsewhere.
    @Models(file = "mm/rmap.c", symbol = "unlink_anon_vmas")
    void unlinkAnonVmas() {
        anonVma = AnonVma.NONE;
        mm.areaChanged();
    }

    /// {@return whether one area could stand for this one and `next` behind it}
    boolean canMergeWith(Vma next) {
        return flags.equals(next.flags) && userfault.equals(next.userfault) && !has(VmFlag.IO) && !has(VmFlag.PFNMAP) && !has(VmFlag.HUGETLB)
                && goesOnIn(next) && canShareAnonVma(next);
    }

    /// {@return whether `next`, which ends behind this area, maps what follows what this area maps}
    private boolean goesOnIn(Vma next) {
        if (file.isPresent() != next.file.isPresent()) {
            return false;
        }
        return file.isEmpty() ? anonOffset(end) == next.anonOffset
                : file.get().file() == next.file.get().file() && pageIndex(end) == next.file.get().pageOffset();
    }

    @Models(file = "mm/vma.c", symbol = "is_mergeable_anon_vma")
    private boolean canShareAnonVma(Vma next) {
        return hasAnonVma() && next.hasAnonVma() ? anonVma == next.anonVma
                : !anonVma.isOfForkChild && !next.anonVma.isOfForkChild;
    }

    /// {@return whether the area permits such an access}
    public boolean permits(boolean write) {
        return write ? has(VmFlag.WRITE) : has(VmFlag.READ) || has(VmFlag.WRITE) || has(VmFlag.EXEC);
    }

    /// {@return a hash of where the area is, and of what it maps: the same for one that was made anew in its place}
    long hash() {
        long access = flags.stream().mapToLong(flag -> 1L << flag.ordinal()).sum();
        long mapped = file.map(area -> Digest.mix(area.mapping().stableName(), area.pageOffset())).orElse(anonOffset);
        return Digest.mix(Digest.mix(start, end), Digest.mix(mapped, Digest.mix(access, userfault.map(UserFaultHandler::stableName).orElse(0L))));
    }

    /// {@return a hash of the areas of an address space} Areas come and go: which of them keep their pages together, or have
    /// the same open file, is told by the first one that does, and their ages by their order.
    ///
    /// @param areas by address
    static long hash(Collection<Vma> areas) {
        List<AnonVma> anonVmas = new ArrayList<>();
        List<MappedFile> files = new ArrayList<>();
        List<Vma> byAge = areas.stream().sorted(Comparator.comparingLong(vma -> vma.age)).toList();
        long hash = 0;
        for (Vma vma : areas) {
            int sharing = numberOf(vma.anonVma, anonVmas) * 2 + (vma.anonVma.isOfForkChild ? 1 : 0);
            int opened = vma.file.map(area -> numberOf(area.file(), files)).orElse(-1);
            hash = Digest.mix(hash, Digest.mix(vma.hash(), Digest.mix(sharing + (vma.hasAnonVma() ? 1000L : 0), opened * 1000L + byAge.indexOf(vma))));
        }
        return hash;
    }

    private static <T> int numberOf(T one, List<T> known) {
        if (!known.contains(one)) {
            known.add(one);
        }
        return known.indexOf(one);
    }
}
