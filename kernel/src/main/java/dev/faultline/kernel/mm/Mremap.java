package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.Optional;

/// mremap(2): mm/mremap.c.
public final class Mremap {
    private static final int KNOWN = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED | Mman.MREMAP_DONTUNMAP;

    private final Populate populate;
    private final Mm mm;
    private final long address;
    private final long newAddress;
    private final int flags;
    private long oldLength;
    private long newLength;
    private final UserfaultEvents events = new UserfaultEvents();
    private boolean unlocked;

    /// One call, with the arguments of mremap(2).
    public Mremap(Populate populate, Mm mm, long[] arguments) {
        this.populate = populate;
        this.mm = mm;
        this.address = mm.architecture().untagged(arguments[0]);
        this.oldLength = pages(arguments[1], Content.SIZE);
        this.newLength = pages(arguments[2], Content.SIZE);
        this.flags = (int) arguments[3];
        this.newAddress = arguments[4];
    }

    private static long pages(long lengthBytes, long size) {
        return lengthBytes + size - 1 & -size;
    }

    /// Takes `mmap_lock` for writing.
    ///
    /// @return the address at which the memory is now; -EINVAL, -EFAULT where it is not one area, -ENOMEM where
    ///         it cannot grow
    @Models(file = "mm/mremap.c", symbol = "do_mremap")
    public SysResult run() {
        if (!parametersAreRight()) {
            return SysResult.err(Errno.EINVAL);
        }
        boolean grows = newLength > oldLength;
        long grownFrom = oldLength;
        mm.mmapLock().downWrite();
        boolean locked = mm.vmaLookup(address).filter(vma -> vma.has(VmFlag.LOCKED)).isPresent();
        SysResult result = movesOnly() ? remapMove() : remapOne();
        if (!unlocked) {
            mm.writeUnlock();
        }
        notifyUffd(result);
        if (locked && grows && result instanceof SysResult.Ok(long start)) {
            populate.mmPopulate(mm, start + grownFrom, start + newLength);
        }
        return result;
    }

    @Models(file = "mm/mremap.c", symbol = "vrm_move_only")
    private boolean movesOnly() {
        return has(Mman.MREMAP_FIXED) && oldLength == newLength && mm.severalAreas().areMoved();
    }

    @Models(file = "mm/mremap.c", symbol = "notify_uffd")
    private void notifyUffd(SysResult result) {
        if (result instanceof SysResult.Ok) {
            events.complete();
        } else {
            events.fail();
        }
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    private boolean impliesNewAddress() {
        return has(Mman.MREMAP_FIXED | Mman.MREMAP_DONTUNMAP);
    }

    @Models(file = "mm/mremap.c", symbol = "check_mremap_params")
    private boolean parametersAreRight() {
        boolean sizes = newLength > 0 && newLength <= Mm.TASK_SIZE && oldLength >= 0 && oldLength <= Mm.TASK_SIZE;
        if ((flags & ~KNOWN) != 0 || address % Content.SIZE != 0 || !sizes) {
            return false;
        }
        if (!impliesNewAddress()) {
            return true;
        }
        boolean place = newAddress >= 0 && newAddress <= Mm.TASK_SIZE - newLength && newAddress % Content.SIZE == 0;
        boolean apart = address + oldLength <= newAddress || newAddress + newLength <= address;
        return place && apart && has(Mman.MREMAP_MAYMOVE) && (!has(Mman.MREMAP_DONTUNMAP) || oldLength == newLength);
    }

    /// Moves every area of the range to another place, one by one. What is mapped there stays where a hole comes.
    @Models(file = "mm/mremap.c", symbol = "remap_move")
    private SysResult remapMove() {
        long end = address + oldLength;
        if (mm.vmaLookup(address).isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        List<Vma> areas = mm.areas(address, end);
        boolean refused = has(Mman.MREMAP_DONTUNMAP) && areas.stream().anyMatch(Mremap::isDevice);
        if (refused) {
            return SysResult.err(Errno.EINVAL);
        }
        Vma before = areas.getFirst();
        for (Vma vma : areas) {
            if (mm.severalAreas().refuses(before, vma, end)) {
                return SysResult.err(Errno.EFAULT);
            }
            before = vma;
            long from = Math.max(address, vma.start());
            long length = pages(Math.min(end, vma.end()) - from, vma.pageBytes());
            long target = newAddress + (from - address);
            if (from % vma.pageBytes() != 0 || target % vma.pageBytes() != 0 || has(Mman.MREMAP_DONTUNMAP) && vma.has(VmFlag.HUGETLB)) {
                return SysResult.err(Errno.EINVAL);
            }
            events.unmap(mm, target, target + length);
            VmaChange.unmap(mm, target, target + length);
            moveVma(vma, from, length, target, length);
        }
        return SysResult.ok(newAddress);
    }

    private SysResult remapOne() {
        Optional<Vma> found = mm.vmaLookup(address);
        if (found.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        Vma vma = found.get();
        if (vma.has(VmFlag.HUGETLB) && !alignHugetlb(vma.pageBytes())) {
            return SysResult.err(Errno.EINVAL);
        }
        if (newLength > oldLength || impliesNewAddress()) {
            Optional<Errno> wrong = checkPrepVma(vma);
            if (wrong.isPresent()) {
                return SysResult.err(wrong.get());
            }
        }
        return impliesNewAddress() ? mremapTo(vma) : mremapAt(vma);
    }

    /// Rounds the lengths to huge pages of the pool.
    ///
    /// @return whether the area can become so: it cannot grow, as nothing is set aside for that
    @Models(file = "mm/mremap.c", symbol = "align_hugetlb")
    private boolean alignHugetlb(long size) {
        oldLength = pages(oldLength, size);
        newLength = pages(newLength, size);
        return address % size == 0 && (!impliesNewAddress() || newAddress % size == 0) && newLength <= oldLength
                && !has(Mman.MREMAP_DONTUNMAP);
    }

    private static boolean isDevice(Vma vma) {
        return vma.has(VmFlag.IO) || vma.has(VmFlag.PFNMAP);
    }

    @Models(file = "mm/mremap.c", symbol = "check_prep_vma")
    private Optional<Errno> checkPrepVma(Vma vma) {
        if (oldLength == 0 && !vma.has(VmFlag.SHARED) || has(Mman.MREMAP_DONTUNMAP) && isDevice(vma)) {
            return Optional.of(Errno.EINVAL);
        }
        if (Math.min(oldLength, newLength) > vma.end() - address || newLength != oldLength && isDevice(vma)) {
            return Optional.of(Errno.EFAULT);
        }
        return Optional.empty();
    }

    @Models(file = "mm/mremap.c", symbol = "mremap_to")
    private SysResult mremapTo(Vma vma) {
        if (has(Mman.MREMAP_FIXED)) {
            events.unmap(mm, newAddress, newAddress + newLength);
            VmaChange.unmap(mm, newAddress, newAddress + newLength);
        }
        if (newLength < oldLength) {
            events.unmap(mm, address + newLength, address + oldLength);
            VmaChange.unmap(mm, address + newLength, address + oldLength);
            oldLength = newLength;
        }
        boolean there = has(Mman.MREMAP_FIXED)
                || newAddress != 0 && mm.areas(newAddress, newAddress + newLength).isEmpty();
        long target = there ? newAddress : mm.unmappedArea(newLength);
        return moveVma(mm.vmaLookup(address).orElse(vma), address, oldLength, target, newLength);
    }

    @Models(file = "mm/mremap.c", symbol = "mremap_at")
    private SysResult mremapAt(Vma vma) {
        if (newLength < oldLength) {
            unlocked = true;
            events.unmap(mm, address + newLength, address + oldLength);
            VmaChange.unmapAndUnlock(mm, address + newLength, address + oldLength);
            return SysResult.ok(address);
        }
        return newLength == oldLength ? SysResult.ok(address) : expandVma(vma);
    }

    @Models(file = "mm/mremap.c", symbol = "expand_vma")
    private SysResult expandVma(Vma vma) {
        long end = address + newLength;
        if (vma.end() == address + oldLength && end <= Mm.TASK_SIZE && mm.areas(vma.end(), end).isEmpty()) {
            VmaChange.extend(vma, newLength - oldLength);
            return SysResult.ok(address);
        }
        if (!has(Mman.MREMAP_MAYMOVE)) {
            return SysResult.err(Errno.ENOMEM);
        }
        return moveVma(vma, address, oldLength, mm.unmappedArea(newLength), newLength);
    }

    /// Maps at `target` what is mapped from `from` on, and moves the entries there.
    @Models(file = "mm/mremap.c", symbol = "move_vma")
    private SysResult moveVma(Vma vma, long from, long length, long target, long targetLength) {
        mm.vmaLocks().startWrite(vma);
        boolean served = events.remap(vma, from, target, length);
        Vma placed = vma.copied(target, target + targetLength, from);
        Vma made = VmaChange.add(placed);
        if (!served && placed.userfault().isPresent()) {
            // With all that it has become one with: the place that it comes from may be a part of that.
            VmaChange.resetUserfault(mm.vmaLookup(target).orElseThrow());
        }
        boolean merged = made != placed;
        Optional<HugetlbOperations> hugetlb = vma.hugetlb();
        if (hugetlb.isPresent()) {
            hugetlb.get().movePageTables(vma, from, target, length);
            VmaChange.movedAway(vma, hugetlb.get());
        } else {
            movePageTables(from, length, target, merged && made.firstIndex() <= vma.firstIndex());
        }
        if (!served && vma.has(VmFlag.UFFD_WP)) {
            Mprotect.uffdWpRange(mm.vmaLookup(target).orElseThrow(), target, target + length, false);
        }
        if (!has(Mman.MREMAP_DONTUNMAP)) {
            unmapSource(from, length);
        } else if (from == vma.start() && from + length == vma.end()) {
            mm.vmaLookup(from).filter(left -> left == vma).ifPresent(Vma::unlinkAnonVmas);
        }
        return SysResult.ok(target);
    }

    /// Of what is mapped once more nothing goes.
    @Models(file = "mm/mremap.c", symbol = "unmap_source_vma")
    private void unmapSource(long from, long length) {
        if (length > 0) {
            events.unmap(mm, from, from + length);
            VmaChange.unmap(mm, from, from + length);
        }
    }

    /// The new area is known to the file before the first entry moves, and the old one until the last has, so
    /// that a truncation finds every entry in one of them.
    ///
    /// @param keepsWalksOut whether those who look for a page must not do so meanwhile (`need_rmap_locks`), as they would go
    ///     to where the entries come from last
    @Models(file = "mm/mremap.c", symbol = "move_page_tables")
    private void movePageTables(long from, long length, long target, boolean keepsWalksOut) {
        Optional<Mapping> mapping = mm.vmaLookup(target).flatMap(Vma::file).map(Vma.FileArea::mapping).filter(_ -> keepsWalksOut);
        mapping.ifPresent(file -> file.iMmapRwsem().downWrite());
        if (keepsWalksOut) {
            mm.anonVma().rwsem().downWrite();
        }
        TlbGather tlb = new TlbGather(mm);
        HugeMemory.each(mm, from, from + length, pmd -> moveHugePmd(pmd, target - from, tlb));
        for (PteSlot slot : mm.slots(from, from + length)) {
            new PteMove(slot, mm.slot(target + (slot.address() - from))).entry(tlb);
        }
        tlb.finish();
        if (keepsWalksOut) {
            mm.anonVma().rwsem().upWrite();
        }
        mapping.ifPresent(file -> file.iMmapRwsem().upWrite());
    }

    /// Moves the page as a whole if it comes to lie where one entry maps it.
    @Models(file = "mm/mremap.c", symbol = "move_pgt_entry")
    private void moveHugePmd(PmdSlot pmd, long distance, TlbGather tlb) {
        boolean moved = distance % Thp.BYTES == 0 && new PmdMove(pmd, mm.pmd(pmd.address() + distance).orElseThrow()).entry(tlb);
        if (!moved) {
            HugeMemory.split(pmd);
        }
    }
}
