package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.HugetlbFill;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// One request to put pages in place, page by page (`mfill_atomic`).
///
/// Two threads may fill the same place and another may change the areas: every page is checked again with the
/// locks held, and the first entry that is there already ends the request.
final class Mfill implements ShmemFill.Source {
    /// What the pages are made of (`MFILL_ATOMIC_*`).
    enum Mode { COPY, ZEROPAGE, CONTINUE, POISON }

    private final Node node;
    private final UserfaultfdCtx ctx;
    private final Mode mode;
    private final long destination;
    private final long source;
    private final long lengthBytes;
    private final boolean protect;
    private final UserAccess access;
    private final InstallPte install;
    private final ShmemFill shmem;
    private final SourceCopy sourceCopy;
    private final MfillHugetlb hugetlb;

    private long copied;

    /// Whether bytes are to be copied without the locks, into a page that is kept.
    private boolean wantsBytes;

    /// A page whose bytes could not be copied with the locks held; kept while they are dropped.
    private Optional<Folio> kept = Optional.empty();

    /// A request for the range, which [Registration#validateRange] found possible.
    ///
    /// @param source where the bytes come from, if they come from the program; any alignment
    /// @param modeBits [Uffd#MODE_WP] protects what is mapped
    Mfill(Node node, UserfaultfdCtx ctx, Mode mode, long destination, long source, long lengthBytes, long modeBits) {
        this.node = node;
        this.ctx = ctx;
        this.mode = mode;
        this.destination = destination;
        this.source = source;
        this.lengthBytes = lengthBytes;
        this.protect = (modeBits & Uffd.MODE_WP) != 0;
        this.access = node.userMemory().access();
        this.install = ctx.install();
        this.shmem = ctx.shmem();
        this.hugetlb = new MfillHugetlb(node, switch (mode) {
            case COPY, ZEROPAGE -> HugetlbFill.Mode.COPY;
            case CONTINUE -> HugetlbFill.Mode.CONTINUE;
            case POISON -> HugetlbFill.Mode.POISON;
        }, source, protect);
        this.sourceCopy = node.parts().get(SourceCopy.PART, SourceCopy::new);
    }

    /// Fills the range in. Takes and drops `mmap_lock` for reading and `map_changing_lock`.
    ///
    /// @return the bytes filled in; what went wrong if that is none
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic")
    SysResult run() {
        RetryLoop loop = node.machine().retryLoop("mfill_atomic");
        Optional<Errno> error = fillLocked();
        while (wantsBytes) {
            wantsBytes = false;
            error = kept.isPresent() ? copyUnlocked(kept.get()) : hugetlb.copyUnlocked();
            if (error.isEmpty()) {
                loop.again(copied);
                error = fillLocked();
            }
        }
        kept.ifPresent(Folio::put);
        hugetlb.drop();
        return copied > 0 ? SysResult.ok(copied) : SysResult.err(error.orElseThrow());
    }

    /// {@return what ended the request; nothing if all is filled in. -ENOENT with a page kept: its bytes are not there}
    private Optional<Errno> fillLocked() {
        Mm mm = ctx.mm();
        mm.mmapLock().downRead();
        if (mm.hasEnded()) {
            mm.mmapLock().upRead();
            return Optional.of(Errno.ESRCH);
        }
        Optional<Vma> vma = mm.vmaLookup(destination);
        vma.ifPresent(Mfill::prepareAnon); // also where the range turns out to be wrong
        Optional<Errno> error = Optional.of(Errno.ENOENT);
        if (vma.filter(this::isValid).isPresent()) {
            ctx.mmapChanging().lock().downRead();
            error = check(vma.get()).or(() -> fill(vma.get()));
            ctx.mmapChanging().lock().upRead();
        }
        mm.mmapLock().upRead();
        return error;
    }

    @Models(file = "mm/userfaultfd.c", symbol = "find_vma_and_prepare_anon")
    static void prepareAnon(Vma vma) {
        if (!vma.has(VmFlag.SHARED)) {
            vma.anonVmaPrepare();
        }
    }

    @Models(file = "mm/userfaultfd.c", symbol = "validate_dst_vma")
    private boolean isValid(Vma vma) {
        return destination + lengthBytes <= vma.end() && vma.userfault().isPresent();
    }

    private Optional<Errno> check(Vma vma) {
        if (ctx.mmapChanging().inProgress()) {
            return Optional.of(Errno.EAGAIN);
        }
        if (vma.has(VmFlag.HUGETLB)) {
            kept = Optional.empty(); // forgotten, if small pages were here before: docs/findings.md, F22
            return protect && !vma.has(VmFlag.UFFD_WP) || mode == Mode.ZEROPAGE ? Optional.of(Errno.EINVAL)
                    : MfillHugetlb.check(vma, destination, lengthBytes);
        }
        if (hugetlb.isKept()) {
            return Optional.of(Errno.ENOENT); // another area is there by now
        }
        boolean ofShmem = Place.pages(vma).isPresent();
        boolean fine = (!protect || vma.has(VmFlag.UFFD_WP)) && (vma.isAnonymous() || ofShmem)
                && (ofShmem || mode != Mode.CONTINUE);
        return fine ? Optional.empty() : Optional.of(Errno.EINVAL);
    }

    private Optional<Errno> fill(Vma vma) {
        Optional<Errno> error = Optional.empty();
        boolean huge = vma.has(VmFlag.HUGETLB);
        while (copied < lengthBytes && error.isEmpty()) {
            error = huge ? hugetlb.fill(vma, destination + copied)
                    : mfillAtomicPte(new Place(vma, destination + copied, protect));
            if (error.isEmpty()) {
                copied += vma.pageBytes();
            } else if (huge) {
                wantsBytes = error.get() == Errno.ENOENT;
            } else if (error.get() == Errno.ENOENT && kept.isEmpty()) {
                throw node.machine().finding(Kind.BUG, "mfill_atomic: bytes are to be copied into a folio that there is not");
            } else if (error.get() != Errno.ENOENT && kept.isPresent()) {
                throw node.machine().finding(Kind.BUG, "mfill_atomic: a folio is left over");
            } else {
                wantsBytes = error.get() == Errno.ENOENT;
            }
        }
        return error;
    }

    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_pte")
    private Optional<Errno> mfillAtomicPte(Place place) {
        return switch (mode) {
            case CONTINUE -> shmem.continuePage(place, place.filePages().orElseThrow());
            case POISON -> poison(place);
            case COPY, ZEROPAGE -> shmem.fillsFile(place.vma())
                    ? shmem.fill(place, place.filePages().orElseThrow(), this)
                    : mode == Mode.COPY ? copy(place) : zeropage(place);
        };
    }

    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_pte_copy")
    private Optional<Errno> copy(Place place) {
        Optional<Folio> folio = take();
        if (folio.isEmpty()) {
            return Optional.of(Errno.ENOENT);
        }
        Optional<Errno> error = install.install(place, folio.get());
        if (error.isPresent()) {
            folio.get().put();
        }
        return error;
    }

    @Override
    public Optional<Folio> take() {
        if (kept.isPresent()) {
            Optional<Folio> folio = kept;
            kept = Optional.empty();
            return folio;
        }
        Folio folio = node.physical().allocate("filled in");
        if (mode == Mode.COPY && !copyAtomic(folio)) {
            kept = Optional.of(folio);
            return Optional.empty();
        }
        return Optional.of(folio);
    }

    @Override
    public void drop() {
        kept.ifPresent(Folio::put);
        kept = Optional.empty();
    }

    private boolean copyAtomic(Folio folio) {
        if (!sourceCopy.disablesFaults()) {
            return copyFromUser(folio);
        }
        TaskStruct task = TaskStruct.current(node.machine());
        task.pagefaultDisable();
        boolean complete = copyFromUser(folio);
        task.pagefaultEnable();
        return complete;
    }

    private Optional<Errno> copyUnlocked(Folio folio) {
        return copyFromUser(folio) ? Optional.empty() : Optional.of(Errno.EFAULT);
    }

    private boolean copyFromUser(Folio folio) {
        long from = source + copied;
        int head = Content.SIZE - (int) (from & Content.SIZE - 1);
        Content bytes = folio.data().content();
        return access.copyFromUser(bytes, 0, from, head) == 0
                && (head == Content.SIZE || access.copyFromUser(bytes, head, from + head, Content.SIZE - head) == 0);
    }

    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_pte_zeropage")
    private Optional<Errno> zeropage(Place place) {
        return place.fill(Pte.zeroPage(node.userMemory().memory().zeroPage()).permittedBy(place.vma()), Place::isNone);
    }

    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_pte_poison")
    private static Optional<Errno> poison(Place place) {
        return place.fill(Pte.Marker.POISONED, Place::isNone);
    }
}
