package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioData;
import dev.faultline.kernel.mm.HugePte;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.UserFaultHandler;
import dev.faultline.kernel.mm.UserFaultHandler.Reason;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// One fault in an area of huge pages: mm/hugetlb.c.
///
/// Faults in one page of a file are served one after the other, under a mutex; so two that need the last free page for the same
/// place do not make the second one fail.
final class HugetlbFault {
    private final HugetlbVma area;
    private final HugetlbInode inode;
    private final VmFault fault;
    private final Vma vma;
    private final long index;
    private final HugePte pte;

    /// Why the program is to be asked, without locks.
    private Optional<Reason> asked = Optional.empty();

    /// A page whose lock is to be waited for, without locks.
    private Optional<Folio> awaited = Optional.empty();

    HugetlbFault(HugetlbVma area, VmFault fault) {
        this.area = area;
        this.inode = area.inode();
        this.fault = fault;
        this.vma = fault.vma();
        this.index = HugetlbVma.index(vma, fault.address());
        this.pte = HugePte.at(vma.mm(), fault.address());
    }

    /// As [dev.faultline.kernel.mm.Memory#handleMmFault].
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_fault")
    VmFaultResult handle() {
        lock();
        Pte found = pte.read();
        VmFaultResult result = switch (found) {
            case Pte.Present present -> present(present);
            case Pte.Marker marker when marker == Pte.Marker.POISONED -> VmFaultResult.HWPOISON;
            case Pte.None _, Pte.Marker _ -> noPage(found);
            case Pte.Swap _, Pte.Migration _ -> throw new AssertionError("never of a huge page of the pool: " + found);
        };
        unlock();
        awaited.ifPresent(folio -> folio.lock().await());
        return asked.isPresent() ? handleUserfault(asked.get()) : result;
    }

    private void lock() {
        inode.faultMutex(index).lock();
        area.lockRead();
    }

    private void unlock() {
        area.unlockRead();
        inode.faultMutex(index).unlock();
    }

    /// Both locks are given up first: the program may need them to answer.
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_handle_userfault")
    private VmFaultResult handleUserfault(Reason reason) {
        return vma.userfault().map(handler -> handler.handleUserfault(fault, reason)).orElse(VmFaultResult.SIGBUS);
    }

    private boolean isShared() {
        return vma.has(VmFlag.SHARED);
    }

    // ---- nothing is mapped ----

    /// Maps the page of the file, or makes one: for the file through a shared area, else for the program alone.
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_no_page")
    private VmFaultResult noPage(Pte found) {
        if (area.robbed().read() != 0) {
            return VmFaultResult.SIGBUS; // rather than zeroes where there was something
        }
        Optional<Folio> cached = inode.lockFolio(index);
        if (cached.isPresent()) {
            if (vma.has(VmFlag.UFFD_MINOR)) {
                cached.get().lock().unlock();
                cached.get().put();
                return ask(found, Reason.MINOR);
            }
            return install(found, cached.get(), Origin.CACHE);
        }
        if (index >= inode.sizeInPages()) {
            return VmFaultResult.SIGBUS;
        }
        if (vma.has(VmFlag.UFFD_MISSING)) {
            return ask(found, Reason.MISSING);
        }
        if (!isShared() && !fault.anonPrepare()) {
            return VmFaultResult.RETRY;
        }
        Optional<Folio> made = area.reserve().allocate(index, false);
        if (made.isEmpty()) {
            return isStable(found) ? VmFaultResult.SIGBUS : VmFaultResult.DONE;
        }
        if (!isShared()) {
            made.get().lock().lockUnpublished();
            return install(found, made.get(), Origin.NEW);
        }
        if (!inode.add(index, made.get())) {
            area.reserve().restoreOnError(index, made.get());
            made.get().put();
            return VmFaultResult.SIGBUS;
        }
        return install(found, made.get(), Origin.CACHE);
    }

    /// {@return whether the entry has not changed} Looked at under the page-table lock before the program is asked, or told that
    /// there is no page: it must not be where another one put it in meanwhile.
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_pte_stable")
    private boolean isStable(Pte found) {
        return pte.read().equals(found);
    }

    private VmFaultResult ask(Pte found, Reason reason) {
        if (isStable(found)) {
            asked = Optional.of(reason);
        }
        return VmFaultResult.DONE;
    }

    /// Where a page comes from: part of the file by now, or the program's alone.
    private enum Origin { CACHE, NEW }

    /// Maps a locked page, with a reference that the entry takes over, and unlocks it.
    private VmFaultResult install(Pte found, Folio folio, Origin origin) {
        boolean writable = isShared() && vma.has(VmFlag.WRITE);
        Pte.Present plain = origin == Origin.NEW ? Pte.anonymous(folio, false) : Pte.file(folio, writable, writable);
        Pte.Present entry = found == Pte.Marker.UFFD_WP ? plain.mkUffdWp() : plain;
        boolean mapped = pte.map(entry, now -> now.equals(found));
        if (!mapped) {
            if (origin == Origin.NEW) {
                area.reserve().restoreOnError(index, folio);
            }
            folio.lock().unlock();
            folio.put();
            return VmFaultResult.DONE;
        }
        boolean copies = fault.isWrite() && !isShared();
        if (origin == Origin.NEW) {
            inode.pool().clearRestoring(folio);
        } else if (copies) {
            folio.lock().unlock(); // the lock of a page of a file is not needed to copy it
        }
        VmFaultResult result = copies ? wp(entry) : VmFaultResult.DONE;
        if (origin == Origin.NEW || !copies) {
            folio.lock().unlock();
        }
        return result;
    }

    // ---- a page is mapped ----

    private VmFaultResult present(Pte.Present found) {
        Pte.Present entry = found;
        boolean denied = (fault.isWrite() || fault.isUnshare()) && !entry.writable();
        if (!denied) {
            Pte.Present touched = fault.isWrite() ? entry.mkDirty() : entry.mkYoung();
            pte.replace(entry, touched);
            return VmFaultResult.DONE;
        }
        if (fault.isWrite() && vma.has(VmFlag.UFFD_WP) && entry.uffdWp()) {
            if (vma.userfault().filter(UserFaultHandler::isWpAsync).isEmpty()) {
                return ask(found, Reason.WP);
            }
            entry = found.without(Pte.Present.UFFD_WP);
            if (!pte.replace(found, entry)) {
                return VmFaultResult.DONE;
            }
        }
        return pte.getFolio(entry) ? wpReferenced(entry) : VmFaultResult.DONE;
    }

    /// The page that the entry maps is referenced; its lock, if it is the program's own, is only tried.
    private VmFaultResult wpReferenced(Pte.Present entry) {
        Folio folio = entry.folio();
        if (entry.isAnonymous() && !folio.lock().tryLock()) {
            awaited = Optional.of(folio);
            folio.put();
            return VmFaultResult.DONE;
        }
        VmFaultResult result = wp(entry);
        if (entry.isAnonymous()) {
            folio.lock().unlock();
        }
        folio.put();
        return result;
    }

    /// A write to a page that is mapped read-only, or a pin of one that is shared. Takes what children have of a page where
    /// there is none to copy it, if it was promised to this area.
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_wp")
    private VmFaultResult wp(Pte.Present entry) {
        if (!fault.isUnshare() && entry.uffdWp()) {
            return VmFaultResult.DONE; // asked about with the next fault
        }
        if (isShared()) {
            if (!fault.isUnshare()) {
                pte.replace(entry, entry.with(Pte.Present.WRITE | Pte.Present.DIRTY));
            }
            return VmFaultResult.DONE;
        }
        RetryLoop loop = inode.node().machine().retryLoop("hugetlb_wp");
        for (;;) {
            if (entry.isAnonymous() && entry.folio().readMappings() == 1) {
                Pte.Present own = entry.with(Pte.Present.ANON_EXCLUSIVE);
                pte.replace(entry, fault.isUnshare() ? own : own.with(Pte.Present.WRITE | Pte.Present.DIRTY));
                return VmFaultResult.DONE;
            }
            boolean cowFromOwner = area.isOwner() && entry.isAnonymous();
            if (!pte.getFolio(entry)) {
                return VmFaultResult.DONE;
            }
            Optional<Folio> copy = area.reserve().allocate(index, cowFromOwner);
            VmFaultResult result = copy.isPresent() ? copied(entry, copy.get()) : VmFaultResult.SIGBUS;
            entry.folio().put();
            if (copy.isPresent() || !cowFromOwner) {
                return result;
            }
            unlock();
            HugetlbUnmap.unmapRefPrivate(vma, entry.folio(), fault.address());
            lock();
            if (!isStable(entry)) {
                return VmFaultResult.DONE;
            }
            loop.again();
        }
    }

    /// Maps a copy in the place of a page that is referenced.
    private VmFaultResult copied(Pte.Present entry, Folio copy) {
        VmFaultResult result = fault.anonPrepare() ? VmFaultResult.DONE : VmFaultResult.RETRY;
        boolean exchanged = false;
        if (!result.has(VmFaultResult.RETRY)) {
            FolioData.copyHuge(entry.folio(), copy);
            Pte.Present own = Pte.anonymous(copy, !fault.isUnshare() && vma.has(VmFlag.WRITE));
            exchanged = pte.exchange(entry, own);
        }
        if (exchanged) {
            inode.pool().clearRestoring(copy);
            entry.folio().put(); // the entry's
        } else {
            area.reserve().restoreOnError(index, copy);
            copy.put();
        }
        return result;
    }
}
