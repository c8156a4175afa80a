package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.StateObject;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// A range of addresses of a process that is mapped in one way (`struct vm_area_struct`). Immutable but for its
/// `anon_vma`: a change replaces it, under `mmap_lock` for writing.
public final class Vma extends StateObject {
    private final Mm mm;
    private final long start;
    private final long end;
    private final EnumSet<VmFlag> flags;
    private final Optional<FileArea> file;
    private final Optional<UserFaultHandler> userfault;

    /// Guarded by `mmap_lock`: set under it for reading, or under the lock of the area; looked at under it for writing.
    private boolean anonVma;

    /// What an area of a file maps.
    ///
    /// @param mapping    the file
    /// @param pageOffset the index in the file of the first page of the area
    /// @param operations what the file system does for it
    /// @param file       the file as it was opened
    public record FileArea(Mapping mapping, long pageOffset, VmOperations operations, MappedFile file) {}

    /// An area from `start` (inclusive) to `end` (exclusive), both multiples of the page size.
    public Vma(Mm mm, long start, long end, Set<VmFlag> flags, Optional<FileArea> file) {
        this(mm, start, end, flags, file, Optional.empty(), false);
    }

    private Vma(Mm mm, long start, long end, Set<VmFlag> flags, Optional<FileArea> file,
            Optional<UserFaultHandler> userfault, boolean anonVma) {
        super(mm.machine());
        this.mm = mm;
        this.start = start;
        this.end = end;
        this.flags = EnumSet.copyOf(flags);
        this.file = file;
        this.userfault = userfault;
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

    /// {@return the address at which page `index` of the file is mapped, or -1 if it is not in the area}
    public long addressOf(long index) {
        long first = file.orElseThrow().pageOffset();
        long address = start + (index - first << 12);
        return index >= first && address < end ? address : -1;
    }

    /// {@return a part of the area, with those properties}
    Vma part(long from, long to, Set<VmFlag> partFlags) {
        return placed(from, to, from, partFlags);
    }

    /// {@return a part of the area, whose faults `handler` serves from now on}
    Vma registered(long from, long to, Set<VmFlag> partFlags, Optional<UserFaultHandler> handler) {
        return new Vma(mm, from, to, partFlags, part(from, to, partFlags).file, handler, anonVma);
    }

    /// {@return the area, with ordinary faults}
    Vma unregistered() {
        EnumSet<VmFlag> ordinary = EnumSet.copyOf(flags);
        ordinary.removeAll(VmFlag.UFFD);
        return new Vma(mm, start, end, ordinary, file, Optional.empty(), anonVma);
    }

    /// {@return an area elsewhere that maps what this one maps from `from` on}
    Vma placed(long newStart, long newEnd, long from, Set<VmFlag> newFlags) {
        Optional<FileArea> part = file.map(area ->
                new FileArea(area.mapping(), pageIndex(from), area.operations(), area.file()));
        return new Vma(mm, newStart, newEnd, newFlags, part, userfault, anonVma);
    }

    /// {@return one area for this one and `next` behind it, with which it can merge}
    Vma joined(Vma next) {
        Vma joined = placed(start, next.end, start, flags);
        joined.anonVma |= next.anonVma;
        return joined;
    }

    /// {@return the area in a copy of its address space, not served by the program} Has no pages of its own to begin
    /// with if the child is to find zeroes.
    Vma forked(Mm child, Set<VmFlag> childFlags) {
        return new Vma(child, start, end, childFlags, file, Optional.empty(), anonVma && !has(VmFlag.WIPEONFORK));
    }

    /// {@return whether the area may have pages that are no file's, which fork has to copy}
    boolean hasAnonVma() {
        return anonVma;
    }

    /// Prepares the area for pages that are no file's. No step: who looks at it keeps out those who prepare.
    @Models(file = "mm/rmap.c", symbol = "__anon_vma_prepare")
    public void anonVmaPrepare() {
        if (!anonVma) {
            anonVma = true;
            mm.areaChanged();
        }
    }

    /// Forgets that the area had pages of its own: all of them have moved elsewhere.
    @Models(file = "mm/rmap.c", symbol = "unlink_anon_vmas")
    void unlinkAnonVmas() {
        anonVma = false;
        mm.areaChanged();
    }

    /// {@return whether one area could stand for this one and `next` behind it}
    boolean canMergeWith(Vma next) {
        if (end != next.start || !flags.equals(next.flags) || file.isPresent() != next.file.isPresent()
                || !userfault.equals(next.userfault)) {
            return false;
        }
        return file.isEmpty() || !has(VmFlag.IO) && !has(VmFlag.PFNMAP)
                && file.get().file() == next.file.get().file()
                && pageIndex(end) == next.file.get().pageOffset();
    }

    /// {@return whether the area permits such an access}
    public boolean permits(boolean write) {
        return write ? has(VmFlag.WRITE) : has(VmFlag.READ) || has(VmFlag.WRITE) || has(VmFlag.EXEC);
    }

    @Override
    protected long stateHash() {
        return Digest.mix(start, end);
    }
}
