package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Optional;

/// Moves huge anonymous pages to other places of an address space, without copying: the entry of the middle level where it
/// fits, else the huge page is split first, the mapping and then the page.
///
/// The caller holds `mmap_lock` for reading all the time, and has seen that the areas are fit for it.
public final class HugeMove {
    private final SplitFolio splitFolio;
    private final Mm mm;

    /// For moves in `mm`.
    public HugeMove(PhysicalMemory physical, Mm mm) {
        this.splitFolio = new SplitFolio(physical);
        this.mm = mm;
    }

    /// Moves what is at `from` to `to`, if that is done by entries of the middle level.
    ///
    /// @param end   of what is to be moved
    /// @param holes whether it does not matter that nothing is there
    /// @return the bytes moved, 0 if it has to be looked at again; -EEXIST, -ENOENT, -EBUSY, or -EAGAIN if something has
    ///         changed; nothing if tables are there, on both sides, whose entries are to be moved one by one
    @Models(file = "mm/userfaultfd.c", symbol = "move_pages")
    public Optional<SysResult> move(long to, long from, long end, boolean holes) {
        if (!mm.hasHugeEntries()) {
            return Optional.empty();
        }
        PmdSlot target = mm.pmd(to).orElseThrow();
        PmdSlot source = mm.pmd(from).orElseThrow();
        Pmd there = target.read();
        if (there instanceof Pmd.Huge) {
            return failed(Errno.EEXIST);
        }
        return switch (source.read()) {
            case Pmd.Huge huge when there instanceof Pmd.None && isWhole(to, from, end) ->
                Optional.of(movePagesHugePmd(target, source, huge));
            case Pmd.Huge huge when !huge.isZero() && !huge.first().anonExclusive() -> failed(Errno.EBUSY);
            case Pmd.Huge _ -> {
                source.split();
                yield Optional.of(SysResult.ok(0));
            }
            case Pmd.None _ when !holes -> failed(Errno.ENOENT);
            case Pmd.None _, Pmd.Marker _, Pmd.Table _ -> {
                source.populate();
                target.populate();
                yield Optional.empty();
            }
        };
    }

    private static Optional<SysResult> failed(Errno errno) {
        return Optional.of(SysResult.err(errno));
    }

    @Models(file = "mm/userfaultfd.c", symbol = "move_splits_huge_pmd")
    private static boolean isWhole(long to, long from, long end) {
        return to % Thp.BYTES == 0 && from % Thp.BYTES == 0 && end - from >= Thp.BYTES;
    }

    @Models(file = "mm/huge_memory.c", symbol = "move_pages_huge_pmd")
    private SysResult movePagesHugePmd(PmdSlot target, PmdSlot source, Pmd.Huge huge) {
        Pte.Present first = huge.first();
        Folio folio = first.folio();
        if (huge.isZero()) {
            return result(new PmdMove(source, target).page(first, Pte.zeroPage(folio)));
        }
        if (!first.anonExclusive()) {
            return SysResult.err(Errno.EBUSY);
        }
        if (!source.getFolio(first)) {
            return SysResult.err(Errno.EAGAIN);
        }
        folio.lock().lock();
        mm.anonVma().rwsem().downWrite();
        // Who pins it later, without the page-table lock, looks at the entry again.
        Optional<Errno> error = folio.maybeDmaPinned() ? Optional.of(Errno.EBUSY)
                : new PmdMove(source, target).page(first, Pte.anonymous(folio, true));
        mm.anonVma().rwsem().upWrite();
        folio.lock().unlock();
        folio.put();
        return result(error);
    }

    private static SysResult result(Optional<Errno> error) {
        return error.map(SysResult::err).orElse(SysResult.ok(Thp.BYTES));
    }

    /// Splits the huge page that an entry of a table maps a part of. A part alone is not moved. The lock is only tried: a
    /// reference that waits for it would keep others from splitting.
    ///
    /// @return -EAGAIN if it is split, or to be looked at again; -EBUSY if others may have that part as well, or anybody has
    ///         a reference to any part
    @Models(file = "mm/userfaultfd.c", symbol = "move_pages_ptes")
    public Errno splitLargeFolio(PteSlot from, Pte.Present part) {
        if (!part.anonExclusive()) {
            return from.read().equals(part) ? Errno.EBUSY : Errno.EAGAIN;
        }
        Folio head = part.folio().head();
        if (!head.lock().tryLock()) {
            return Errno.EAGAIN;
        }
        boolean mapped = from.getFolio(part);
        boolean busy = mapped && !splitFolio.split(head, mm);
        head.lock().unlock();
        if (mapped) {
            head.put();
        }
        return busy ? Errno.EBUSY : Errno.EAGAIN;
    }
}
