package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Changes of the set of areas of an address space (mm/vma.c): areas are added, split, merged and taken out.
/// The caller holds `mmap_lock` for writing.
public final class VmaChange {
    private VmaChange() {}

    /// {@return whether an area can be split so that a range is one of its own} Huge pages of the pool stay whole.
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vm_op_split")
    public static boolean maySplit(Vma vma, long start, long end) {
        long size = vma.pageBytes();
        return (start <= vma.start() || start % size == 0) && (end >= vma.end() || end % size == 0);
    }

    /// {@return whether whatever lies in a range can be unmapped} The caller holds `mmap_lock`.
    public static boolean mayUnmap(Mm mm, long start, long end) {
        return mm.areas(start, end).stream().allMatch(vma -> maySplit(vma, start, end));
    }

    /// Adds an area that overlaps no other, as a part of a neighbour where one could stand for both.
    ///
    /// @return the area that it is part of now
    @Models(file = "mm/vma.c", symbol = "vma_merge_new_range")
    public static Vma add(Vma vma) {
        return replace(vma, List.of(), List.of());
    }

    /// Gives a part of an area other properties, splitting it and merging with neighbours.
    ///
    /// @return the area that the part is in now
    @Models(file = "mm/vma.c", symbol = "vma_modify_flags")
    static Vma modify(Vma vma, long start, long end, Set<VmFlag> flags) {
        if (vma.flags().equals(flags)) {
            return vma;
        }
        return replace(vma.part(start, end, flags), List.of(vma), rest(vma, start, end));
    }

    /// Gives a part of an area to a handler of its faults, or takes it back, splitting it and merging with
    /// neighbours.
    ///
    /// @return the area that the part is in now
    @Models(file = "mm/vma.c", symbol = "vma_modify_flags_uffd")
    public static Vma modify(Vma vma, long start, long end, Set<VmFlag> flags, Optional<UserFaultHandler> handler) {
        Vma made = vma.registered(start, end, flags, handler);
        return replace(made, List.of(vma), rest(vma, start, end));
    }

    /// Leaves the faults of an area to the kernel, all of it, without merging it.
    @Models(file = "mm/userfaultfd.c", symbol = "userfaultfd_reset_ctx")
    static void resetUserfault(Vma vma) {
        Vma made = vma.unregistered();
        vma.mm().vmaLocks().startWrite(vma);
        insert(vma.mm(), made);
        made.file().ifPresent(file -> file.mapping().replaceAreas(List.of(vma), List.of(made)));
    }

    /// The pages of an area have moved elsewhere, and with them what is set aside for all of it.
    @Models(file = "mm/hugetlb.c", symbol = "clear_vma_resv_huge_pages")
    static void movedAway(Vma vma, HugetlbOperations hugetlb) {
        replace(vma.movedAway(hugetlb), List.of(vma), List.of());
    }

    /// Makes an area longer.
    @Models(file = "mm/vma.c", symbol = "vma_merge_extend")
    static void extend(Vma vma, long lengthBytes) {
        replace(vma.part(vma.start(), vma.end() + lengthBytes, vma.flags()), List.of(vma), List.of());
    }

    /// {@return what is left of an area without the part}
    private static List<Vma> rest(Vma vma, long start, long end) {
        List<Vma> rest = new ArrayList<>(2);
        if (start > vma.start()) {
            rest.add(vma.part(vma.start(), start, vma.flags()));
        }
        if (end < vma.end()) {
            rest.add(vma.part(end, vma.end(), vma.flags()));
        }
        return rest;
    }

    /// Puts `made` and `others` in the place of `old`, and merges `made` with its neighbours.
    private static Vma replace(Vma made, List<Vma> old, List<Vma> others) {
        Mm mm = made.mm();
        List<Vma> gone = new ArrayList<>(old);
        Vma merged = made;
        Optional<Vma> before = mm.vmaLookup(made.start() - 1);
        if (before.isPresent() && before.get().canMergeWith(merged)) {
            gone.add(before.get());
            merged = before.get().joined(merged);
        }
        Optional<Vma> after = mm.vmaLookup(made.end());
        if (after.isPresent() && merged.canMergeWith(after.get())) {
            gone.add(after.get());
            merged = merged.joined(after.get());
        }
        List<Vma> added = new ArrayList<>(others);
        added.add(merged);
        gone.forEach(mm.vmaLocks()::startWrite);
        if (!others.isEmpty()) {
            HugeMemory.adjust(mm, made.start());
            HugeMemory.adjust(mm, made.end());
        }
        boolean known = added.stream().anyMatch(Vma::hasAnonVma);
        if (known) {
            mm.anonVma().rwsem().downWrite();
        }
        gone.forEach(mm::remove);
        added.forEach(vma -> insert(mm, vma));
        if (known) {
            mm.anonVma().rwsem().upWrite();
        }
        made.file().ifPresent(file -> file.mapping().replaceAreas(gone, added));
        return merged;
    }

    private static void insert(Mm mm, Vma vma) {
        mm.vmaLocks().startWriteNew(vma);
        mm.insert(vma);
    }

    /// Unmaps whatever lies in the range, splitting areas that reach beyond it.
    @Models(file = "mm/vma.c", symbol = "do_vmi_align_munmap")
    public static void unmap(Mm mm, long start, long end) {
        release(detach(mm, mm.areas(start, end), start, end));
    }

    /// Unmaps everything, when nobody else knows the address space any more.
    @Models(file = "mm/mmap.c", symbol = "exit_mmap")
    public static void exitMmap(Mm mm) {
        release(detach(mm, mm.areas(), 0, Mm.TASK_SIZE));
    }

    /// Unmaps the range, and gives `mmap_lock` up, which is held for reading only while pages are given back.
    @Models(file = "mm/vma.c", symbol = "vms_complete_munmap_vmas")
    public static void unmapAndUnlock(Mm mm, long start, long end) {
        List<Vma> detached = detach(mm, mm.areas(start, end), start, end);
        mm.vmaLocks().downgrade();
        release(detached);
        mm.mmapLock().upRead();
    }

    /// Takes the areas of the range out of the address space, split so that none reaches beyond. Their entries,
    /// and their places among the areas of files, stay until [#release].
    @Models(file = "mm/vma.c", symbol = "vms_gather_munmap_vmas")
    private static List<Vma> detach(Mm mm, List<Vma> areas, long start, long end) {
        List<Vma> detached = new ArrayList<>();
        for (Vma vma : areas) {
            long from = Math.max(start, vma.start());
            long to = Math.min(end, vma.end());
            List<Vma> rest = rest(vma, from, to);
            Vma part = rest.isEmpty() ? vma : vma.part(from, to, vma.flags());
            mm.vmaLocks().startWrite(vma);
            if (!rest.isEmpty()) {
                HugeMemory.adjust(mm, from);
                HugeMemory.adjust(mm, to);
            }
            mm.remove(vma);
            rest.forEach(left -> insert(mm, left));
            if (!rest.isEmpty()) {
                List<Vma> parts = new ArrayList<>(rest);
                parts.add(part);
                vma.file().ifPresent(file -> file.mapping().replaceAreas(List.of(vma), parts));
            }
            detached.add(part);
        }
        return detached;
    }

    private static void release(List<Vma> detached) {
        detached.forEach(Rmap::unmapVma);
        detached.forEach(VmaChange::freePgtables);
        for (Vma vma : detached) {
            vma.file().ifPresent(file -> file.mapping().replaceAreas(List.of(vma), List.of()));
            vma.hugetlb().ifPresent(hugetlb -> hugetlb.closed(vma));
        }
    }

    /// Frees the tables that an area has left, where no other area lies in their reach.
    @Models(file = "mm/memory.c", symbol = "free_pgtables")
    private static void freePgtables(Vma gone) {
        for (PmdSlot pmd : gone.mm().pmds(gone.start(), gone.end())) {
            if (gone.mm().nothingLiesIn(pmd.address(), pmd.address() + Thp.BYTES)) {
                pmd.freeTable();
            }
        }
    }
}
