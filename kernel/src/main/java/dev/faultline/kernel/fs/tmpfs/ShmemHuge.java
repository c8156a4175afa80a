package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The huge pages of a mount: where there may be any, and what splits them again. Stands for `shrinklist_lock` too, whose
/// sections are single steps.
///
/// Linux comes down to sizes between where 2 MiB do not fit; here to pages of 4 KiB at once.
final class ShmemHuge extends SharedObject {
    /// The pages of a huge one.
    static final int PAGES = 512;

    private final TmpfsHuge when;
    private final boolean on;

    /// Files that may have a huge page of which the end is of no use (`shrinklist`).
    private final List<ShmemInode> shrinklist = new ArrayList<>(1);

    /// @param thp whether programs can ask for some whatever the mount says
    ShmemHuge(Machine machine, String mountPoint, TmpfsHuge when, Thp thp) {
        super(machine, "shrinklist", mountPoint);
        this.when = when;
        this.on = when != TmpfsHuge.NEVER || thp != Thp.NEVER;
    }

    /// {@return whether there may be any}
    boolean isOn() {
        return on;
    }

    /// {@return whether a file that is there before anything runs has a huge page from that index on, as if a program had
    /// written it; no step}
    boolean placesAt(long index, long sizeBytes, BlockLimit limit) {
        boolean inside = Content.pages(sizeBytes) >= index + PAGES;
        boolean fits = !limit.isLimited() || limit.peekUsed() + PAGES <= limit.maxBlocks();
        return index % PAGES == 0 && fits && (when == TmpfsHuge.ALWAYS || when == TmpfsHuge.WITHIN_SIZE && inside);
    }

    /// {@return whether the page that is missing may come as part of a huge one}
    ///
    /// @param writeEnd behind the last byte that is about to be written
    @Models(file = "mm/shmem.c", symbol = "shmem_allowable_huge_orders")
    boolean isAllowed(ShmemInode inode, long index, long writeEnd, Optional<VmFault> fault) {
        Optional<Vma> vma = fault.map(VmFault::vma);
        boolean advised = vma.filter(area -> area.has(VmFlag.HUGEPAGE)).isPresent();
        boolean wanted = switch (when) {
            case NEVER -> false;
            case ALWAYS -> true;
            case WITHIN_SIZE -> isWithinSize(inode, index, writeEnd) || advised;
            case ADVISE -> advised;
        };
        return wanted && vma.filter(area -> area.has(VmFlag.NOHUGEPAGE)).isEmpty()
                && fault.map(at -> Thp.isSuitable(at.vma(), at.address())).orElse(true) && !inode.mapping().isAnyInHuge(index);
    }

    @Models(file = "mm/shmem.c", symbol = "shmem_get_orders_within_size")
    private static boolean isWithinSize(ShmemInode inode, long index, long writeEnd) {
        long size = Math.max(writeEnd, inode.mapping().iSize().read());
        return Content.pages(size) >= index - index % PAGES + PAGES;
    }

    /// Notes that the file may have a huge page that reaches beyond its end. One step.
    void enlist(ShmemInode inode) {
        machine().step(this, Access.WRITE, -1);
        if (!shrinklist.contains(inode)) {
            shrinklist.addLast(inode);
            changed();
        }
    }

    private void enlistAgain(ShmemInode inode) {
        machine().step(this, Access.WRITE, -1);
        if (!shrinklist.contains(inode)) {
            shrinklist.addFirst(inode);
            changed();
        }
    }

    /// The last one first: Linux moves them to a list of its own one by one, each to the front.
    private List<ShmemInode> takeList() {
        machine().step(this, Access.WRITE, -1);
        List<ShmemInode> taken = List.copyOf(shrinklist).reversed();
        machine().current().learn(taken.size());
        shrinklist.clear();
        changed();
        return taken;
    }

    /// Splits huge pages that reach beyond the end of their file, as the mount is full.
    ///
    /// @param pages how many are wanted
    @Models(file = "mm/shmem.c", symbol = "shmem_unused_huge_shrink")
    void shrinkUnused(long pages) {
        long freed = 0;
        for (ShmemInode inode : takeList()) {
            long more = freed >= pages ? BUSY : shrinkUnused(inode);
            if (more == BUSY) {
                enlistAgain(inode);
            } else {
                freed += more;
            }
        }
    }

    private static final long BUSY = -1;

    /// {@return how many pages were freed, [#BUSY] if it is to be tried again}
    private long shrinkUnused(ShmemInode inode) {
        long size = inode.mapping().iSize().read();
        Optional<Folio> found = inode.mapping().getFolio(size / Content.SIZE);
        if (found.isEmpty()) {
            return 0;
        }
        Folio folio = found.get();
        long unused = folio.isLarge() ? folio.nextIndex() - end(inode) : 0;
        long freed = unused <= 0 || unused >= PAGES ? 0 : folio.lock().tryLock() ? splitLocked(inode, folio, unused) : BUSY;
        folio.put();
        return freed;
    }

    private long splitLocked(ShmemInode inode, Folio folio, long unused) {
        boolean split = folio.mapping().isPresent() && split(inode, folio.head());
        folio.lock().unlock();
        return split ? unused : BUSY;
    }

    /// {@return the page behind the last one of use}
    @Models(file = "mm/shmem.c", symbol = "shmem_fallocend")
    private static long end(ShmemInode inode) {
        return Math.max(Content.pages(inode.mapping().iSize().read()), inode.fallocend().read());
    }

    /// Splits a huge page that the caller has locked, and to which it has a reference: both hold for what it was. Pages behind
    /// the end of the file are not kept. What maps it loses it, and faults again.
    ///
    /// @return whether it is split; not if anybody else has a reference
    @Models(file = "mm/huge_memory.c", symbol = "split_folio")
    boolean split(ShmemInode inode, Folio head) {
        AddressSpace mapping = inode.mapping();
        long end = end(inode);
        Rmap.unmapMappingPages(mapping, head.index(), head.nextIndex() - 1);
        if (!mapping.split(head, end, () -> inode.node().physical().allocate("shmem"))) {
            return false;
        }
        inode.blocks().recalc(0, 0); // shmem_uncharge
        return true;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (ShmemInode inode : shrinklist) {
            hash = Digest.mix(hash, inode.mapping().stableName() + 1);
        }
        return hash;
    }
}
