package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserFaultHandler;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// Finding and making the pages of a file (mm/shmem.c).
final class Shmem implements UserfaultPages {
    private static final long LAST_INDEX = Long.MAX_VALUE / Content.SIZE;

    private final ShmemInode inode;

    /// What a page is wanted for (`enum sgp_type`).
    enum Intent {
        /// To read what is there: inside the file, and none is made.
        READ,
        /// What is there, even if it was only allocated: inside the file, and none is made.
        NOALLOC,
        /// To map it: inside the file, made if there is none.
        CACHE,
        /// To write it: made if there is none, perhaps not up to date.
        WRITE,
        /// To have it: made if there is none, left not up to date; up to date if there is one.
        FALLOC;

        boolean staysInside() {
            return compareTo(CACHE) <= 0;
        }
    }

    /// What was found.
    sealed interface Got {
        /// The page, locked, with a reference.
        record Page(Folio folio) implements Got {}

        /// No page.
        record Hole() implements Got {}

        /// The program that serves the faults of the area was asked.
        record Handled(VmFaultResult result) implements Got {}

        /// Why not.
        record Failed(Errno errno) implements Got {}
    }

    Shmem(ShmemInode inode) {
        this.inode = inode;
    }

    private Machine machine() {
        return inode.node().machine();
    }

    private AddressSpace mapping() {
        return inode.mapping();
    }

    /// Finds the page with that index, or makes it, as `intent` says.
    @Models(file = "mm/shmem.c", symbol = "shmem_get_folio")
    Got getFolio(long index, Intent intent) {
        return getFolio(index, intent, 0, Optional.empty());
    }

    /// Finds the page of a fault, or one to be written, or makes it.
    ///
    /// @param writeEnd behind the last byte that is about to be written; 0 if none is
    @Models(file = "mm/shmem.c", symbol = "shmem_get_folio_gfp")
    Got getFolio(long index, Intent intent, long writeEnd, Optional<VmFault> fault) {
        if (index > LAST_INDEX) {
            return new Got.Failed(Errno.EFBIG);
        }
        RetryLoop loop = machine().retryLoop("shmem_get_folio_gfp");
        for (;;) {
            Optional<Got> got = attempt(index, intent, writeEnd, fault);
            if (got.isPresent()) {
                return got.get();
            }
            loop.again();
        }
    }

    /// {@return empty if the page went away, or came, meanwhile}
    private Optional<Got> attempt(long index, Intent intent, long writeEnd, Optional<VmFault> fault) {
        if (intent.staysInside() && isBeyondEnd(index)) {
            return Optional.of(new Got.Failed(Errno.EINVAL));
        }
        AddressSpace.Entry entry = mapping().getEntry(index);
        if (!entry.isEmpty() && isRegistered(fault, VmFlag.UFFD_MINOR)) {
            entry.folio().ifPresent(Folio::put);
            return Optional.of(ask(fault.orElseThrow(), UserFaultHandler.Reason.MINOR));
        }
        if (entry.swap().isPresent()) {
            return inode.swap().swapin(index, entry.swap().get()).map(Got.Page::new);
        }
        if (entry.folio().isPresent()) {
            Folio folio = entry.folio().get();
            folio.lock().lock();
            if (!Filemap.isPartOf(folio, mapping())) { // truncated, or swapped out
                folio.lock().unlock();
                folio.put();
                return Optional.empty();
            }
            if (folio.flags().readBits(Folio.UPTODATE) != 0) {
                return Optional.of(new Got.Page(folio));
            }
            if (intent != Intent.READ) {
                return Optional.of(cleared(folio, index, intent, false));
            }
            folio.lock().unlock();
            folio.put();
        }
        return switch (intent) {
            case READ -> Optional.of(new Got.Hole());
            case NOALLOC -> Optional.of(new Got.Failed(Errno.ENOENT));
            case CACHE, WRITE, FALLOC -> isRegistered(fault, VmFlag.UFFD_MISSING)
                    ? Optional.of(ask(fault.orElseThrow(), UserFaultHandler.Reason.MISSING))
                    : made(index, intent, inode.huge().isAllowed(inode, index, writeEnd, fault));
        };
    }

    private static boolean isRegistered(Optional<VmFault> fault, VmFlag flag) {
        return fault.map(VmFault::vma).filter(vma -> vma.has(flag)).isPresent();
    }

    private static Got ask(VmFault fault, UserFaultHandler.Reason reason) {
        Vma vma = fault.vma();
        return new Got.Handled(vma.userfault().map(handler -> handler.handleUserfault(fault, reason))
                .orElse(VmFaultResult.SIGBUS));
    }

    private boolean isBeyondEnd(long index) {
        return index * Content.SIZE >= mapping().iSize().read();
    }

    /// {@return empty if somebody else has put a page there meanwhile}
    private Optional<Got> made(long index, Intent intent, boolean mayBeHuge) {
        if (mayBeHuge) {
            switch (allocAndAddHuge(index)) {
                case Added.Page(Folio folio) -> {
                    return Optional.of(cleared(folio, index, intent == Intent.FALLOC ? Intent.WRITE : intent, true));
                }
                case Added.Failed(Errno errno) when errno == Errno.EEXIST -> {
                    return Optional.empty();
                }
                case Added.Failed _ -> { }
            }
        }
        return switch (allocAndAddFolio(index, inode.node().physical().allocate("shmem"))) {
            case Added.Page(Folio folio) ->
                Optional.of(cleared(folio, index, intent == Intent.FALLOC ? Intent.WRITE : intent, true));
            case Added.Failed(Errno errno) when errno == Errno.EEXIST -> Optional.empty();
            case Added.Failed(Errno errno) -> {
                inode.blocks().recalc(0, 0);
                yield Optional.of(new Got.Failed(errno));
            }
        };
    }

    private sealed interface Added {
        record Page(Folio folio) implements Added {}

        record Failed(Errno errno) implements Added {}
    }

    /// Puts a new page into the cache first, and charges it then: whoever finds it meanwhile waits for its lock.
    @Models(file = "mm/shmem.c", symbol = "shmem_alloc_and_add_folio")
    private Added allocAndAddFolio(long index, Folio folio) {
        long pages = folio.isLarge() ? ShmemHuge.PAGES : 1;
        folio.lock().lockUnpublished();
        if (!add(index, folio)) {
            return dropped(folio, Errno.EEXIST);
        }
        Optional<Errno> error = inode.blocks().acct(pages);
        if (error.isPresent()) {
            if (inode.huge().isOn()) {
                inode.huge().shrinkUnused(pages);
            }
            inode.blocks().recalcBut(pages);
            error = inode.blocks().acct(pages);
        }
        if (error.isPresent()) {
            remove(folio);
            return dropped(folio, error.get());
        }
        inode.blocks().recalc(pages, 0);
        return new Added.Page(folio);
    }

    /// Makes the huge page that the page is part of.
    ///
    /// @return that part
    private Added allocAndAddHuge(long index) {
        Optional<Folio> head = inode.node().physical().allocateHuge("shmem");
        if (head.isEmpty()) {
            return new Added.Failed(Errno.ENOMEM);
        }
        Added added = allocAndAddFolio(index - index % ShmemHuge.PAGES, head.get());
        if (!(added instanceof Added.Page(Folio folio))) {
            return added;
        }
        if (Content.pages(iSize().read()) < folio.nextIndex()) {
            inode.huge().enlist(inode);
        }
        return new Added.Page(folio.page((int) (index % ShmemHuge.PAGES)));
    }

    private static Added dropped(Folio folio, Errno errno) {
        folio.lock().unlock();
        folio.put();
        return new Added.Failed(errno);
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "filemap_remove_folio")
    public void remove(Folio folio) {
        mapping().remove(folio);
        folio.put(); // the cache's reference
    }

    @Override
    public Found getFolioNoalloc(long index) {
        return found(index, Intent.NOALLOC);
    }

    @Override
    public Found getFolioRead(long index) {
        return found(index, Intent.READ);
    }

    private Found found(long index, Intent intent) {
        return switch (getFolio(index, intent)) {
            case Got.Page(Folio folio) -> new Found.Page(folio);
            case Got.Failed(Errno errno) -> new Found.Failed(errno);
            case Got.Hole _ -> new Found.Failed(Errno.ENOENT);
            case Got.Handled _ -> throw new AssertionError("no fault, no handler");
        };
    }

    @Override
    public Optional<Errno> acct() {
        return inode.blocks().acct(1);
    }

    @Override
    public void unacct() {
        inode.blocks().unacct(1);
    }

    @Override
    public Cell iSize() {
        return mapping().iSize();
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_add_to_page_cache")
    public boolean add(long index, Folio folio) {
        return mapping().add(index, folio);
    }

    @Override
    public void count() {
        inode.blocks().recalc(1, 0);
    }

    /// Makes a page up to date that was only allocated, unless the caller will; and looks once more whether the file
    /// still reaches so far, as it may have been truncated after the first look: before the page was in the cache, so
    /// that the truncation has not seen it.
    private Got cleared(Folio folio, long index, Intent intent, boolean isNew) {
        if (intent != Intent.WRITE && folio.flags().readBits(Folio.UPTODATE) == 0) {
            folio.data().zero(0, Content.SIZE);
            folio.flags().setBits(Folio.UPTODATE);
        }
        if (!intent.staysInside() || !isBeyondEnd(index)) {
            return new Got.Page(folio);
        }
        if (isNew) {
            inode.accounting().takeBack(inode.blocks(), () -> remove(folio));
        } else {
            inode.blocks().recalc(0, 0);
        }
        folio.lock().unlock();
        folio.put();
        return new Got.Failed(Errno.EINVAL);
    }
}
