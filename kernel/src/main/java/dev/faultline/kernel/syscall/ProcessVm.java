package dev.faultline.kernel.syscall;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.RemoteMemory;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// process_vm_readv(2) and process_vm_writev(2): mm/process_vm_access.c. The pages of the other process are pinned a few at
/// a time, and copied without `mmap_lock` of either.
final class ProcessVm {
    /// As many pages are pinned at once as fit into two pages of pointers (`PVM_MAX_KMALLOC_PAGES`).
    private static final int MOST_PAGES = 2 * Content.SIZE / 8;

    private final Kernel kernel;
    private final Process caller;
    private final IovIter.Direction direction;

    ProcessVm(Kernel kernel, Process caller, IovIter.Direction direction) {
        this.kernel = kernel;
        this.caller = caller;
        this.direction = direction;
    }

    /// @param local  the caller's ranges
    /// @param remote the ranges of the other process, which are looked at only as they are come to
    @Models(file = "mm/process_vm_access.c", symbol = "process_vm_rw")
    SysResult run(int pid, UserRanges.Vector local, UserRanges.Vector remote, long flags) {
        if (flags != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        List<Segment> here = new ArrayList<>();
        Optional<Errno> wrong = local.importInto(caller, here);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        IovIter iter = new IovIter(caller.node().userMemory(), caller.node().parts(), direction, here);
        if (iter.count() == 0) {
            return SysResult.ZERO;
        }
        List<Segment> there = new ArrayList<>();
        wrong = remote.read(caller, there);
        return wrong.isPresent() ? SysResult.err(wrong.get()) : core(pid, iter, there);
    }

    @Models(file = "mm/process_vm_access.c", symbol = "process_vm_rw_core")
    private SysResult core(int pid, IovIter iter, List<Segment> remote) {
        if (remote.stream().allMatch(segment -> segment.lengthBytes() == 0)) {
            return SysResult.ZERO;
        }
        Optional<Process> other = kernel.process(caller.node(), pid);
        if (other.isEmpty()) {
            return SysResult.err(Errno.ESRCH);
        }
        Mm mm = other.get().mm();
        long asked = iter.count();
        Optional<Errno> error = Optional.empty();
        for (int i = 0; i < remote.size() && iter.count() > 0 && error.isEmpty(); i++) {
            error = singleVec(mm, remote.get(i), iter);
        }
        long copied = asked - iter.count();
        return copied > 0 || error.isEmpty() ? SysResult.ok(copied) : SysResult.err(error.get());
    }

    @Models(file = "mm/process_vm_access.c", symbol = "process_vm_rw_single_vec")
    private Optional<Errno> singleVec(Mm mm, Segment range, IovIter iter) {
        long left = range.lengthBytes();
        long at = range.address();
        while (left > 0 && iter.count() > 0) {
            int offset = (int) (at & Content.SIZE - 1);
            int pages = (int) Math.min(MOST_PAGES, (offset + left + Content.SIZE - 1) / Content.SIZE);
            mm.mmapLock().downRead();
            boolean ended = mm.hasEnded();
            GupResult pinned = caller.node().userMemory().gup().getUserPagesRemote(mm, at - offset, pages, gupFlags());
            mm.mmapLock().upRead();
            if (!(pinned instanceof GupResult.Pages(List<Folio> folios)) || folios.isEmpty()) {
                return Optional.of(ended ? Errno.ESRCH : Errno.EFAULT);
            }
            long bytes = Math.min(left, (long) folios.size() * Content.SIZE - offset);
            Optional<Errno> error = copyPages(folios, offset, bytes, iter);
            folios.forEach(this::unpin);
            if (error.isPresent()) {
                return error;
            }
            left -= bytes;
            at += bytes;
        }
        return Optional.empty();
    }

    private boolean writes() {
        return direction == IovIter.Direction.SOURCE;
    }

    private EnumSet<GupFlag> gupFlags() {
        EnumSet<GupFlag> flags = EnumSet.of(GupFlag.PIN, GupFlag.UNLOCKABLE);
        if (writes()) {
            flags.add(GupFlag.WRITE);
        }
        return flags;
    }

    @Models(file = "mm/process_vm_access.c", symbol = "process_vm_rw_pages")
    private Optional<Errno> copyPages(List<Folio> folios, int start, long lengthBytes, IovIter iter) {
        int offset = start;
        long left = lengthBytes;
        for (Folio folio : folios) {
            if (left == 0 || iter.count() == 0) {
                break;
            }
            int part = (int) Math.min(left, Content.SIZE - offset);
            long copied = writes() ? iter.copyFolioFromIter(folio, offset, part) : iter.copyFolioToIter(folio, offset, part);
            left -= copied;
            if (copied < part && iter.count() > 0) {
                return Optional.of(Errno.EFAULT);
            }
            offset = 0;
        }
        return Optional.empty();
    }

    @Models(file = "mm/gup.c", symbol = "unpin_user_pages_dirty_lock")
    private void unpin(Folio folio) {
        if (writes()) {
            RemoteMemory.setDirty(folio);
        }
        FolioHold.PIN.release(folio);
    }
}
