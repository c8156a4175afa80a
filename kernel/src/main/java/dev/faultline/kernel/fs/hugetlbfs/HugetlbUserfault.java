package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioData;
import dev.faultline.kernel.mm.HugePte;
import dev.faultline.kernel.mm.HugetlbFill;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// Puts a huge page in place for a program that serves the faults of an area: mm/userfaultfd.c, mm/hugetlb.c.
final class HugetlbUserfault {
    private final HugetlbVma area;
    private final HugetlbInode inode;
    private final Vma vma;
    private final long index;
    private final HugePte pte;
    private final HugetlbFill fill;

    HugetlbUserfault(HugetlbVma area, Vma vma, long address, HugetlbFill fill) {
        this.area = area;
        this.inode = area.inode();
        this.vma = vma;
        this.index = HugetlbVma.index(vma, address);
        this.pte = HugePte.at(vma.mm(), address);
        this.fill = fill;
    }

    /// As [dev.faultline.kernel.mm.HugetlbOperations#fill].
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_hugetlb")
    Optional<Errno> run() {
        inode.faultMutex(index).lock();
        area.lockRead();
        boolean taken = fill.mode() != HugetlbFill.Mode.CONTINUE && !isNoneMostly(pte.read());
        Optional<Errno> error = taken ? Optional.of(Errno.EEXIST) : mfillAtomicPte();
        area.unlockRead();
        inode.faultMutex(index).unlock();
        return error;
    }

    @Models(file = "include/linux/hugetlb.h", symbol = "huge_pte_none_mostly")
    private static boolean isNoneMostly(Pte entry) {
        return entry.equals(Pte.NONE) || entry instanceof Pte.Marker;
    }

    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_mfill_atomic_pte")
    private Optional<Errno> mfillAtomicPte() {
        return switch (fill.mode()) {
            case POISON -> pte.fill(Pte.Marker.POISONED, entry -> entry.equals(Pte.NONE)) ? Optional.empty() : Optional.of(Errno.EEXIST);
            case CONTINUE -> inode.lockFolio(index).map(folio -> install(folio, true)).orElse(Optional.of(Errno.EFAULT));
            case COPY -> copy();
        };
    }

    private boolean isShared() {
        return vma.has(VmFlag.SHARED);
    }

    private Optional<Errno> copy() {
        Optional<Folio> kept = fill.takeKept();
        if (isShared() && inode.mapping().isCached(index * HugetlbInode.PAGES)) {
            kept.ifPresent(Folio::put);
            return Optional.of(Errno.EEXIST);
        }
        Optional<Folio> made = area.reserve().allocate(index, false);
        if (made.isEmpty()) {
            // No page, and yet -EEXIST: Linux takes a place in a table for a page that is there.
            kept.ifPresent(Folio::put);
            return Optional.of(kept.isPresent() ? Errno.ENOMEM : Errno.EEXIST);
        }
        if (kept.isPresent()) {
            FolioData.copyHuge(kept.get(), made.get());
            kept.get().put();
        } else if (!fill.copyAtomic(made.get())) {
            area.reserve().restoreOnError(index, made.get());
            made.get().put();
            fill.keep(inode.pool().dequeueOrAllocate());
            return Optional.of(Errno.ENOENT);
        }
        return isShared() ? addAndInstall(made.get()) : install(made.get(), false);
    }

    /// Makes a page that nobody else knows a part of the file, and maps it. If only the latter fails, it stays one.
    private Optional<Errno> addAndInstall(Folio folio) {
        Optional<Errno> wrong = index >= inode.sizeInPages() ? Optional.of(Errno.EFAULT)
                : inode.add(index, folio) ? Optional.empty() : Optional.of(Errno.EEXIST);
        if (wrong.isPresent()) {
            area.reserve().restoreOnError(index, folio);
            folio.put();
            return wrong;
        }
        return install(folio, true);
    }

    /// Maps a page unless something is mapped; a mark may be there. Unlocks it if it is one of the file.
    private Optional<Errno> install(Folio folio, boolean ofFile) {
        boolean writable = vma.has(VmFlag.WRITE) && !fill.protects() && (isShared() || !ofFile);
        Pte.Present entry = (ofFile ? Pte.file(folio, writable, true) : Pte.anonymous(folio, writable).mkDirty()).permittedBy(vma);
        boolean mapped = pte.map(fill.protects() ? entry.mkUffdWp() : entry, HugetlbUserfault::isNoneMostly);
        if (mapped && !ofFile) {
            inode.pool().clearRestoring(folio);
        }
        if (ofFile) {
            folio.lock().unlock();
        }
        if (!mapped) {
            if (!ofFile) {
                area.reserve().restoreOnError(index, folio);
            }
            folio.put();
        }
        return mapped ? Optional.empty() : Optional.of(Errno.EEXIST);
    }
}
