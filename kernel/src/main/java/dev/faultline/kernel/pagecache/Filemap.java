package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.FaultFlag;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.HugeFile;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// Reading and faulting through the page cache (mm/filemap.c).
public final class Filemap {
    private final Machine machine;
    private final PhysicalMemory physical;

    /// The page cache of a machine with that memory.
    public Filemap(Machine machine, PhysicalMemory physical) {
        this.machine = machine;
        this.physical = physical;
    }

    // ---- read(2) ----

    /// Reads from `pos` on. References to pages are held while they are copied, no lock is. A copy may
    /// fault and sleep unless page faults are disabled.
    ///
    /// @return the bytes read; an error only if none were: -EFAULT, -EAGAIN with [ReadFlag#NOIO] or [ReadFlag#NOWAIT], -EIO
    @Models(file = "mm/filemap.c", symbol = "filemap_read")
    public SysResult read(AddressSpace mapping, long pos, IovIter iter, EnumSet<ReadFlag> flags) {
        long done = 0;
        while (iter.count() > 0) {
            FolioOrError page = getPage(mapping, (pos + done) / Content.SIZE, flags, pos + done);
            if (page instanceof FolioOrError.Failed(Errno errno)) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(errno);
            }
            if (!(page instanceof FolioOrError.Found(Folio folio))) {
                break; // end of file
            }
            long left = mapping.iSize().read() - (pos + done); // only now that the page is up to date
            int offset = (int) ((pos + done) % Content.SIZE);
            long bytes = Math.min(Math.min(left, Content.SIZE - offset), iter.count());
            long copied = bytes <= 0 ? 0 : iter.copyFolioToIter(folio, offset, bytes);
            folio.put();
            done += copied;
            if (bytes <= 0) {
                break;
            }
            if (copied < bytes) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EFAULT);
            }
        }
        return SysResult.ok(done);
    }

    /// What looking for a page to read came to.
    public sealed interface FolioOrError {
        /// The page, up to date, with a reference.
        record Found(Folio folio) implements FolioOrError {}

        /// The file does not reach so far.
        record EndOfFile() implements FolioOrError {}

        /// Why not.
        record Failed(Errno errno) implements FolioOrError {}
    }

    /// Finds the page with that index, or reads it.
    ///
    /// @param pos how far the file has to reach, in bytes
    @Models(file = "mm/filemap.c", symbol = "filemap_get_pages")
    public FolioOrError getPage(AddressSpace mapping, long index, EnumSet<ReadFlag> flags, long pos) {
        RetryLoop loop = machine.retryLoop("filemap_get_pages");
        for (;;) {
            if (pos >= mapping.iSize().read()) {
                return new FolioOrError.EndOfFile();
            }
            Optional<Folio> cached = mapping.getFolio(index);
            if (cached.isEmpty()) {
                if (flags.contains(ReadFlag.NOIO)) {
                    return new FolioOrError.Failed(Errno.EAGAIN);
                }
                Optional<Errno> error = createFolio(mapping, index);
                if (error.isPresent()) {
                    return new FolioOrError.Failed(error.get());
                }
                if (flags.contains(ReadFlag.NOWAIT) && mapping.operations().readsDevice(mapping, index)
                        && machine.choose("readahead is done in time", 2) == 0) {
                    return new FolioOrError.Failed(Errno.EAGAIN);
                }
            } else {
                FolioOrError ready = updateFolio(mapping, cached.get(), flags);
                if (!(ready instanceof FolioOrError.EndOfFile)) {
                    return ready;
                }
            }
            loop.again();
        }
    }

    /// Makes sure that a page is up to date.
    ///
    /// @return the page; -EAGAIN if that needs I/O and must not; `EndOfFile` if it went away meanwhile
    @Models(file = "mm/filemap.c", symbol = "filemap_update_page")
    private FolioOrError updateFolio(AddressSpace mapping, Folio folio, EnumSet<ReadFlag> flags) {
        if (folio.flags().readBits(Folio.UPTODATE) != 0) {
            return new FolioOrError.Found(folio);
        }
        if (!flags.isEmpty()) {
            folio.put();
            return new FolioOrError.Failed(Errno.EAGAIN);
        }
        folio.lock().lock();
        if (!isPartOf(folio, mapping)) {
            folio.lock().unlock();
            folio.put();
            return new FolioOrError.EndOfFile();
        }
        Optional<Errno> error = Optional.empty();
        if (folio.flags().readBits(Folio.UPTODATE) == 0) {
            error = mapping.operations().readFolio(mapping, folio);
        } else {
            folio.lock().unlock();
        }
        if (error.isPresent()) {
            folio.put();
            return new FolioOrError.Failed(error.get());
        }
        return new FolioOrError.Found(folio);
    }

    /// Adds a page and reads it. Takes and drops `invalidate_lock` for reading.
    @Models(file = "mm/filemap.c", symbol = "filemap_create_folio")
    private Optional<Errno> createFolio(AddressSpace mapping, long index) {
        Folio folio = physical.allocate("page cache");
        mapping.invalidateLock().downRead();
        folio.lock().lockUnpublished();
        Optional<Errno> error = Optional.empty();
        if (mapping.add(index, folio)) {
            error = mapping.operations().readFolio(mapping, folio);
        } else {
            folio.lock().unlock();
        }
        mapping.invalidateLock().upRead();
        folio.put();
        return error;
    }

    // ---- for file systems ----

    /// {@return the page with that index, locked and referenced, made if it is missing; still part of the
    /// file, perhaps not up to date} (`FGP_LOCK | FGP_CREAT`)
    @Models(file = "mm/filemap.c", symbol = "__filemap_get_folio")
    public Folio getLockedFolio(AddressSpace mapping, long index) {
        RetryLoop loop = machine.retryLoop("__filemap_get_folio");
        for (;;) {
            Optional<Folio> cached = mapping.getFolio(index);
            if (cached.isPresent()) {
                Folio folio = cached.get();
                folio.lock().lock();
                if (isPartOf(folio, mapping)) {
                    return folio;
                }
                folio.lock().unlock();
                folio.put();
            } else {
                Folio folio = physical.allocate("page cache");
                folio.lock().lockUnpublished();
                if (mapping.add(index, folio)) {
                    return folio;
                }
                folio.lock().unlock();
                folio.put();
            }
            loop.again();
        }
    }

    /// {@return whether the locked folio is cached for that file still}
    public static boolean isPartOf(Folio folio, AddressSpace mapping) {
        return folio.mapping().isPresent() && folio.mapping().get() == mapping;
    }

    // ---- page faults ----

    /// The page of a fault. Where that means waiting, and this is the first attempt, `mmap_lock` is dropped
    /// for the wait and the fault starts over.
    @Models(file = "mm/filemap.c", symbol = "filemap_fault")
    public VmFaultResult fault(VmFault fault, AddressSpace mapping) {
        long index = fault.pageIndex();
        if (index >= pagesOf(mapping)) {
            return VmFaultResult.SIGBUS;
        }
        RetryLoop loop = machine.retryLoop("filemap_fault");
        boolean mmapLockDropped = false;
        boolean major = false;
        for (;;) {
            Optional<Folio> cached = mapping.getFolio(index);
            if (cached.isEmpty()) {
                major = true;
                mmapLockDropped |= maybeUnlockMmapForIo(fault, mmapLockDropped);
                Optional<Errno> error = createFolio(mapping, index);
                if (error.isPresent()) {
                    return mmapLockDropped ? VmFaultResult.RETRY.and(VmFaultResult.MAJOR) : VmFaultResult.SIGBUS;
                }
            } else {
                Folio folio = cached.get();
                if (!folio.lock().tryLock()) {
                    if (fault.has(FaultFlag.RETRY_NOWAIT)) {
                        folio.put();
                        return VmFaultResult.RETRY;
                    }
                    mmapLockDropped |= maybeUnlockMmapForIo(fault, mmapLockDropped);
                    folio.lock().lock();
                }
                VmFaultResult result = lockedPage(fault, mapping, folio, mmapLockDropped);
                if (!result.equals(VmFaultResult.DONE)) {
                    return major ? result.and(VmFaultResult.MAJOR) : result;
                }
            }
            loop.again(mmapLockDropped ? 1 : 0, major ? 1 : 0);
        }
    }

    /// The page is locked: may it be mapped?
    ///
    /// @return [VmFaultResult#DONE] if the search has to start over
    private static VmFaultResult lockedPage(VmFault fault, AddressSpace mapping, Folio folio, boolean mmapLockDropped) {
        if (!isPartOf(folio, mapping)) {
            folio.lock().unlock();
            folio.put();
            return VmFaultResult.DONE;
        }
        if (folio.flags().readBits(Folio.UPTODATE) == 0) {
            boolean dropped = mmapLockDropped || maybeUnlockMmapForIo(fault, mmapLockDropped);
            Optional<Errno> error = mapping.operations().readFolio(mapping, folio);
            folio.put();
            return dropped ? VmFaultResult.RETRY : error.isEmpty() ? VmFaultResult.DONE : VmFaultResult.SIGBUS;
        }
        if (mmapLockDropped) {
            folio.lock().unlock();
            folio.put();
            return VmFaultResult.RETRY;
        }
        if (fault.pageIndex() >= pagesOf(mapping)) {
            folio.lock().unlock();
            folio.put();
            return VmFaultResult.SIGBUS;
        }
        fault.setFolio(folio);
        return VmFaultResult.LOCKED;
    }

    /// Drops `mmap_lock` for a wait, if this is the first attempt of a fault that may start over.
    ///
    /// @return whether it was dropped now
    @Models(file = "mm/filemap.c", symbol = "maybe_unlock_mmap_for_io")
    public static boolean maybeUnlockMmapForIo(VmFault fault, boolean alreadyDropped) {
        if (alreadyDropped || !fault.has(FaultFlag.ALLOW_RETRY) || fault.has(FaultFlag.TRIED)
                || fault.has(FaultFlag.RETRY_NOWAIT)) {
            return false;
        }
        fault.releaseLock();
        return true;
    }

    private static long pagesOf(AddressSpace mapping) {
        return Content.pages(mapping.iSize().read());
    }

    /// Maps the page of a fault if it is cached, up to date and not locked; waits for nothing and takes no
    /// lock of the file system. Pages around it are left alone.
    @Models(file = "mm/filemap.c", symbol = "filemap_map_pages")
    public VmFaultResult mapPages(VmFault fault, AddressSpace mapping) {
        Optional<Folio> cached = mapping.getFolio(fault.pageIndex());
        if (cached.isEmpty()) {
            return VmFaultResult.DONE;
        }
        Folio folio = cached.get();
        if (folio.flags().readBits(Folio.UPTODATE) == 0 || !folio.lock().tryLock()) {
            folio.put();
            return VmFaultResult.DONE;
        }
        boolean mapped = isPartOf(folio, mapping)
                && fault.pageIndex() < pagesOf(mapping)
                && (HugeFile.doSetPmd(fault, folio, false)
                        || fault.slot().replace(Pte.NONE, Pte.file(folio, false, false).taggedAs(fault.vma())));
        folio.lock().unlock();
        if (!mapped) {
            folio.put();
        }
        return mapped ? VmFaultResult.NOPAGE : VmFaultResult.DONE;
    }

    /// The generic answer to a first write to a page of a shared mapping: the page must still be part of
    /// the file, and becomes dirty.
    @Models(file = "mm/filemap.c", symbol = "filemap_page_mkwrite")
    public static VmFaultResult pageMkwrite(VmFault fault, AddressSpace mapping) {
        Folio folio = fault.folio();
        folio.lock().lock();
        if (!isPartOf(folio, mapping)) {
            folio.lock().unlock();
            return VmFaultResult.NOPAGE;
        }
        mapping.dirtyFolio(folio);
        Writeback.waitForFolio(folio);
        return VmFaultResult.LOCKED;
    }
}
