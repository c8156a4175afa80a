package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.HugeMove;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.PteMove;
import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// One request to move anonymous pages from one place of an address space to another, without copying (mm/userfaultfd.c).
///
/// The page tables are let go while the page is locked; both entries must still be what they were then.
final class MovePages {
    private final Machine machine;
    private final PhysicalMemory physical;
    private final UserfaultfdCtx ctx;
    private final long destination;
    private final long source;
    private final long lengthBytes;
    private final boolean holes;
    private final MoveSwapPte moveSwapPte;

    /// @param holes whether places of the source where nothing is count as moved
    MovePages(Node node, UserfaultfdCtx ctx, long destination, long source, long lengthBytes, boolean holes) {
        this.machine = node.machine();
        this.physical = node.physical();
        this.moveSwapPte = node.parts().get(MoveSwapPte.PART, MoveSwapPte::new);
        this.ctx = ctx;
        this.destination = destination;
        this.source = source;
        this.lengthBytes = lengthBytes;
        this.holes = holes;
    }

    /// Moves the range. Takes and drops `mmap_lock` for reading and `map_changing_lock`.
    ///
    /// @return the bytes moved; what went wrong if that is none
    @Models(file = "mm/userfaultfd.c", symbol = "move_pages")
    SysResult run() {
        Mm mm = ctx.mm();
        mm.mmapLock().downRead();
        SysResult result = SysResult.err(Errno.ENOENT);
        Optional<Vma> to = mm.vmaLookup(destination);
        Optional<Vma> from = mm.vmaLookup(source);
        to.ifPresent(Mfill::prepareAnon);
        if (to.isPresent() && from.isPresent()) {
            ctx.mmapChanging().lock().downRead();
            Optional<Errno> wrong = ctx.mmapChanging().inProgress()
                    ? Optional.of(Errno.EAGAIN) : validateMoveAreas(from.get(), to.get());
            result = wrong.map(SysResult::err).orElseGet(() -> move(mm));
            ctx.mmapChanging().lock().upRead();
        }
        mm.mmapLock().upRead();
        return result;
    }

    @Models(file = "mm/userfaultfd.c", symbol = "validate_move_areas")
    private Optional<Errno> validateMoveAreas(Vma from, Vma to) {
        boolean alike = from.has(VmFlag.READ) == to.has(VmFlag.READ) && from.has(VmFlag.WRITE) == to.has(VmFlag.WRITE)
                && from.has(VmFlag.EXEC) == to.has(VmFlag.EXEC) && from.has(VmFlag.LOCKED) == to.has(VmFlag.LOCKED);
        boolean inside = source + lengthBytes <= from.end() && destination + lengthBytes <= to.end();
        boolean fine = alike && inside && isMovable(from) && isMovable(to)
                && to.userfault().filter(handler -> handler == ctx).isPresent();
        return fine ? Optional.empty() : Optional.of(Errno.EINVAL);
    }

    private static boolean isMovable(Vma vma) {
        return vma.isAnonymous() && !vma.has(VmFlag.SHARED) && vma.has(VmFlag.WRITE);
    }

    private SysResult move(Mm mm) {
        HugeMove hugeMove = new HugeMove(physical, mm);
        RetryLoop loop = machine.retryLoop("move_pages");
        long moved = 0;
        while (moved < lengthBytes) {
            switch (moveNext(mm, hugeMove, moved)) {
                case SysResult.Ok(long bytes) when bytes > 0 -> moved += bytes;
                case SysResult.Err(Errno errno) when errno != Errno.EAGAIN -> {
                    return moved > 0 ? SysResult.ok(moved) : SysResult.err(errno);
                }
                case SysResult.Ok _, SysResult.Err _ -> loop.again(moved);
            }
        }
        return SysResult.ok(moved);
    }

    private SysResult moveNext(Mm mm, HugeMove hugeMove, long moved) {
        long to = destination + moved;
        long from = source + moved;
        return hugeMove.move(to, from, source + lengthBytes, holes).orElseGet(() ->
                movePte(hugeMove, mm.slot(to), mm.slot(from)).map(SysResult::err).orElse(SysResult.ok(Content.SIZE)));
    }

    /// @return -EAGAIN if an entry has changed meanwhile: the same page is tried again
    @Models(file = "mm/userfaultfd.c", symbol = "move_pages_ptes")
    private Optional<Errno> movePte(HugeMove hugeMove, PteSlot to, PteSlot from) {
        if (!to.read().equals(Pte.NONE)) {
            return Optional.of(Errno.EEXIST);
        }
        return switch (from.read()) {
            case Pte.None _ -> holes ? Optional.empty() : Optional.of(Errno.ENOENT);
            case Pte.Marker _ -> Optional.of(Errno.EFAULT);
            case Pte.Swap swap when !swap.exclusive() -> Optional.of(Errno.EBUSY);
            case Pte.Swap swap -> moveSwapPte.move(to, from, swap);
            case Pte.Migration migration -> {
                migration.was().folio().lock().await();
                yield Optional.of(Errno.EAGAIN);
            }
            case Pte.Present page when page.folio().isLarge() -> Optional.of(hugeMove.splitLargeFolio(from, page));
            case Pte.Present zero when zero.folio().isZeroPage() ->
                new PteMove(from, to).page(zero, Pte.zeroPage(zero.folio())) ? Optional.empty() : Optional.of(Errno.EAGAIN);
            case Pte.Present page -> movePresent(to, from, page);
        };
    }

    private static Optional<Errno> movePresent(PteSlot to, PteSlot from, Pte.Present page) {
        Folio folio = page.folio();
        if (!page.anonExclusive()) {
            return Optional.of(from.read().equals(page) ? Errno.EBUSY : Errno.EAGAIN);
        }
        if (!from.getFolio(page)) {
            return Optional.of(Errno.EAGAIN);
        }
        folio.lock().lock();
        Optional<Errno> error = movePresentPte(to, from, page);
        folio.lock().unlock();
        folio.put();
        return error;
    }

    /// Pins that come without the page-table lock look at the entry again afterwards, so that whoever is late lets go.
    @Models(file = "mm/userfaultfd.c", symbol = "move_present_ptes")
    private static Optional<Errno> movePresentPte(PteSlot to, PteSlot from, Pte.Present page) {
        if (page.folio().maybeDmaPinned()) {
            return Optional.of(Errno.EBUSY);
        }
        return new PteMove(from, to).page(page, Pte.anonymous(page.folio(), true)) ? Optional.empty() : Optional.of(Errno.EAGAIN);
    }
}
