package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.HugePte;
import dev.faultline.kernel.mm.HugetlbFill;
import dev.faultline.kernel.mm.HugetlbOperations;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TlbGather;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.EnumSet;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// What an area of huge pages is to mm/hugetlb.c (`vm_private_data`): whose promises it uses, and its lock. Parts of an area
/// that was split share one.
final class HugetlbVma implements VmOperations, HugetlbOperations {
    private final HugetlbInode inode;
    private final HugetlbReserve reserve;

    /// Of a shared area, and of a private one that has promises (`hugetlb_vma_lock`, `resv_map.rw_sema`); a private one that a
    /// child has by a fork has none.
    private final Optional<RwSemaphore> lock;

    /// Whether a page was taken from the area because its parent wrote to it, and none was left to copy it
    /// (`HPAGE_RESV_UNMAPPED`). Set under `i_mmap_rwsem`; faults look without a lock.
    private final Cell robbed;

    private HugetlbVma(HugetlbInode inode, HugetlbReserve reserve, boolean hasLock) {
        this.inode = inode;
        this.reserve = reserve;
        this.lock = hasLock ? Optional.of(new RwSemaphore(inode.node().machine(), "hugetlb_vma_lock", inode.mapping())) : Optional.empty();
        this.robbed = new Cell(inode.node().machine(), "HPAGE_RESV_UNMAPPED", inode.mapping(), 0);
    }

    /// Sets pages aside for an area that is going to map the file from page `from` to page `to`.
    ///
    /// @return what the area is, unless there are not so many
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_reserve_pages")
    static Optional<HugetlbVma> reservePages(HugetlbInode inode, long from, long to, EnumSet<VmFlag> flags) {
        boolean shared = flags.contains(VmFlag.SHARED);
        HugetlbReserve ofFile = inode.reserve();
        if (flags.contains(VmFlag.NORESERVE)) {
            return Optional.of(new HugetlbVma(inode, shared ? ofFile : none(inode), shared));
        }
        HugetlbReserve reserve = shared ? ofFile
                : new HugetlbReserve(inode.pool(), Optional.of(new ResvMap(inode.node().machine(), inode.mapping())), false);
        long wanted = shared ? inode.resvMap().chg(from, to) : to - from;
        if (!inode.pool().acctMemory(wanted)) {
            return Optional.empty();
        }
        if (shared) {
            long added = inode.resvMap().add(from, to);
            inode.pool().acctMemory(added - wanted); // somebody has noted some of them meanwhile
        }
        return Optional.of(new HugetlbVma(inode, reserve, true));
    }

    private static HugetlbReserve none(HugetlbInode inode) {
        return new HugetlbReserve(inode.pool(), Optional.empty(), false);
    }

    HugetlbInode inode() {
        return inode;
    }

    HugetlbReserve reserve() {
        return reserve;
    }

    Cell robbed() {
        return robbed;
    }

    /// {@return the operations of an area that maps such a file}
    static HugetlbVma of(Vma vma) {
        return (HugetlbVma) vma.hugetlb().orElseThrow();
    }

    /// {@return whether pages were set aside for the area by itself (`HPAGE_RESV_OWNER`)}
    boolean isOwner() {
        return reserve.map().isPresent() && !reserve.ofFile();
    }

    /// {@return the index of the huge page at an address}
    @Models(file = "mm/hugetlb.c", symbol = "vma_hugecache_offset")
    static long index(Vma vma, long address) {
        return vma.pageIndex(address) / HugetlbInode.PAGES;
    }

    // ---- its lock ----

    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vma_lock_read")
    void lockRead() {
        lock.ifPresent(RwSemaphore::downRead);
    }

    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vma_unlock_read")
    void unlockRead() {
        lock.ifPresent(RwSemaphore::upRead);
    }

    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vma_lock_write")
    void lockWrite() {
        lock.ifPresent(RwSemaphore::downWrite);
    }

    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vma_unlock_write")
    void unlockWrite() {
        lock.ifPresent(RwSemaphore::upWrite);
    }

    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vma_trylock_write")
    boolean trylockWrite() {
        return lock.isEmpty() || lock.get().downWriteTrylock();
    }

    // ---- what memory management asks for ----

    @Override
    public Optional<HugetlbOperations> hugetlb() {
        return Optional.of(this);
    }

    @Override
    public VmFaultResult handleFault(VmFault fault) {
        return new HugetlbFault(this, fault).handle();
    }

    @Override
    public Optional<Errno> fill(Vma vma, long address, HugetlbFill fill) {
        return new HugetlbUserfault(this, vma, address, fill).run();
    }

    /// Translations are flushed, and pages given back, when the locks are.
    @Override
    @Models(file = "mm/hugetlb.c", symbol = "__hugetlb_zap_begin")
    public void unmapRange(Vma vma, long start, long end, Markers markers) {
        lockWrite();
        inode.mapping().iMmapRwsem().downWrite();
        TlbGather tlb = new TlbGather(vma.mm());
        HugetlbUnmap.unmapHugepageRange(tlb, vma, start, end, markers);
        inode.mapping().iMmapRwsem().upWrite();
        unlockWrite();
        tlb.finish();
    }

    @Override
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_change_protection")
    public void changeProtection(Vma vma, long start, long end, UnaryOperator<Pte> change) {
        lockWrite();
        inode.mapping().iMmapRwsem().downWrite();
        TlbGather tlb = new TlbGather(vma.mm());
        for (long address = start; address < end; address += HugetlbInode.BYTES) {
            HugePte.at(vma.mm(), address).change(change, tlb);
        }
        tlb.finish();
        inode.mapping().iMmapRwsem().upWrite();
        unlockWrite();
    }

    @Override
    public void copyRange(Vma vma, Vma copy, boolean keepsProtection) {
        boolean shared = vma.has(VmFlag.SHARED);
        if (shared) {
            lockRead();
        }
        HugetlbCopy.copyPageRange(vma, copy, keepsProtection);
        if (shared) {
            unlockRead();
        }
    }

    @Override
    @Models(file = "mm/hugetlb.c", symbol = "move_hugetlb_page_tables")
    public void movePageTables(Vma vma, long from, long to, long lengthBytes) {
        lockWrite();
        inode.mapping().iMmapRwsem().downWrite();
        TlbGather tlb = new TlbGather(vma.mm());
        for (long done = 0; done < lengthBytes; done += HugetlbInode.BYTES) {
            HugePte source = HugePte.at(vma.mm(), from + done);
            if (!source.read().equals(Pte.NONE)) {
                HugePte.at(vma.mm(), to + done).moveFrom(source, tlb);
            }
        }
        tlb.finish();
        inode.mapping().iMmapRwsem().upWrite();
        unlockWrite();
    }

    /// Gives back what is promised to a private area still.
    @Override
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vm_op_close")
    public void closed(Vma vma) {
        if (isOwner()) {
            long start = index(vma, vma.start());
            long end = index(vma, vma.end());
            inode.pool().acctMemory(reserve.map().orElseThrow().count(start, end) - (end - start));
        }
        inode.evictIfUnused();
    }

    /// A child has none of the promises of a private area, and of a shared one those of the file.
    @Override
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_dup_vma_private")
    public VmOperations forked() {
        return new HugetlbVma(inode, isOwner() ? none(inode) : reserve, lock.isPresent() && !isOwner());
    }

    @Override
    public VmOperations movedAway() {
        return isOwner() ? new HugetlbVma(inode, none(inode), false) : this;
    }

    // ---- what it does not ask for ----

    @Override
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_vm_op_fault")
    public VmFaultResult fault(VmFault fault) {
        throw new AssertionError("never called");
    }

    @Override
    public VmFaultResult mapPages(VmFault fault) {
        throw new AssertionError("hugetlbfs has no map_pages");
    }

    @Override
    public boolean wantsPageMkwrite() {
        return false;
    }

    @Override
    public VmFaultResult pageMkwrite(VmFault fault) {
        throw new AssertionError("hugetlbfs has no page_mkwrite");
    }
}
