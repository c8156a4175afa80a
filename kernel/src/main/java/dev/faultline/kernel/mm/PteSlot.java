package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The place of one entry in a page table. Changes are made under the page-table lock, whose whole critical
/// section is one step here. Knows what the TLBs hold for the entry.
public final class PteSlot extends SharedObject {
    private final Mm mm;
    private final long address;
    private final Translations translations = new Translations();
    private Pte pte = Pte.NONE;
    private boolean used;

    PteSlot(Mm mm, long address) {
        super(mm, address, "pte", mm.name() + ":0x" + Long.toHexString(address));
        this.mm = mm;
        this.address = address;
    }

    /// {@return whose page table it is in}
    Mm mm() {
        return mm;
    }

    /// {@return the address of the page that the entry maps}
    public long address() {
        return address;
    }

    /// {@return the entry} One step.
    public Pte read() {
        machine().step(this, Access.READ, -1);
        machine().current().learn(pte.hash());
        return pte;
    }

    /// {@return whether the entry maps the folio} One step.
    public boolean maps(Folio folio) {
        return read() instanceof Pte.Present present && present.folio() == folio;
    }

    /// Replaces the entry if it is still `expected` (`pte_same`). One step, under the page-table lock.
    ///
    /// @return whether it was
    public boolean replace(Pte expected, Pte replacement) {
        machine().step(this, Access.WRITE, -1);
        boolean same = pte.equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            if (pte instanceof Pte.Present old && !(replacement instanceof Pte.Present p && p.folio() == old.folio())) {
                translations.flush(); // ptep_clear_flush
            }
            put(replacement);
        }
        return same;
    }

    private void put(Pte entry) {
        pte = entry;
        if (!used && !entry.equals(Pte.NONE)) {
            used = true;
            mm.use(this);
        }
        changed();
    }

    /// Changes the entry to one that permits less; `tlb` flushes later what processors hold.
    private void restrict(Pte restricted, TlbGather tlb) {
        if (translations.outdated(pte)) {
            tlb.flushLater(this);
        }
        put(restricted);
    }

    /// Makes every processor drop what it holds for this entry. One step.
    void flush() {
        machine().step(this, Access.WRITE, -1);
        translations.flush();
        changed();
    }

    /// Removes the entry. One step, under the page-table lock.
    ///
    /// @param left what stays in its place
    /// @param tlb  flushes the translation later
    /// @return what it was
    Pte getAndClear(UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        Pte old = pte;
        machine().current().learn(old.hash());
        restrict(left.apply(old), tlb);
        return old;
    }

    /// Shares the page of the entry with another one, for which a reference is taken. One step, under the
    /// page-table lock.
    ///
    /// @param tlb flushes the translation later
    /// @param cow whether a write has to copy the page from now on, through either
    /// @return the other entry
    Pte share(boolean cow, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1, task -> {
            if (pte instanceof Pte.Present present && !present.special()) {
                SecondAccess.touch(task, present.folio().referenceCount(), Access.ADD, -1);
            }
        });
        machine().current().learn(pte.hash());
        if (!(pte instanceof Pte.Present present)) {
            return pte;
        }
        if (!present.special()) {
            present.folio().mapWithinStep();
        }
        if (cow) {
            restrict(present.without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE), tlb);
        }
        return pte instanceof Pte.Present mine && !mm.architecture().marksEntries() ? mine.with(Pte.Present.OLD) : pte;
    }

    /// Removes the entry if `which` holds for it. One step, under the page-table lock.
    ///
    /// @param left what stays in its place
    /// @param tlb  flushes the translation later
    /// @return what it was, if it was removed
    Optional<Pte> clearIf(Predicate<Pte> which, UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(this, Access.READ, -1, task ->
                SecondAccess.first(task, which.test(pte) ? Access.WRITE : Access.READ));
        machine().current().learn(pte.hash());
        if (!which.test(pte)) {
            return Optional.empty();
        }
        Pte old = pte;
        restrict(left.apply(old), tlb);
        return Optional.of(old);
    }

    /// Maps a page that was read in, for which a reference is taken, if the entry is still `expected`. One step, under
    /// the page-table lock.
    ///
    /// @return whether it was
    boolean mapSwappedIn(Pte expected, Pte.Present mapped) {
        machine().step(this, Access.WRITE, -1, mapped.folio().referenceCount(), Access.ADD, -1);
        boolean same = pte.equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            mapped.folio().mapWithinStep();
            put(mapped);
        }
        return same;
    }

    /// What taking a page from its entry came to.
    enum Unmap { NOT_MAPPED, REFUSED, CLEAN, DIRTY }

    /// Puts `swap` in the place of an entry that maps `folio`, unless somebody may have pinned the page, which then has
    /// to stay here alone. Who pins without the page-table lock looks at the entry again afterwards. One step, under the
    /// page-table lock.
    ///
    /// @param tlb flushes the translation later
    Unmap swapOut(Folio folio, SwapEntry swap, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1, folio.referenceCount(), Access.READ, -1);
        Unmap result = !(pte instanceof Pte.Present present) || present.folio() != folio ? Unmap.NOT_MAPPED
                : present.anonExclusive() && folio.isPinnedNow() ? Unmap.REFUSED
                : present.dirty() ? Unmap.DIRTY : Unmap.CLEAN;
        machine().current().learn(result.ordinal());
        if ((result == Unmap.CLEAN || result == Unmap.DIRTY) && pte instanceof Pte.Present present) {
            restrict(new Pte.Swap(swap, present.anonExclusive(), present.uffdWp()), tlb);
        }
        return result;
    }

    /// Puts a migration entry in the place of an entry that maps `folio`, on the conditions of [#swapOut]. One step, under
    /// the page-table lock.
    ///
    /// @param tlb flushes the translation later
    @Models(file = "mm/rmap.c", symbol = "try_to_migrate_one")
    Unmap migrateOut(Folio folio, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1, folio.referenceCount(), Access.READ, -1);
        Unmap result = !(pte instanceof Pte.Present present) || present.folio() != folio ? Unmap.NOT_MAPPED
                : present.anonExclusive() && folio.isPinnedNow() ? Unmap.REFUSED
                : present.dirty() ? Unmap.DIRTY : Unmap.CLEAN;
        machine().current().learn(result.ordinal());
        if ((result == Unmap.CLEAN || result == Unmap.DIRTY) && pte instanceof Pte.Present present) {
            restrict(new Pte.Migration(present), tlb);
        }
        return result;
    }

    /// Removes an entry that maps `folio`, whose bytes need not be kept, unless it was written meanwhile, through the
    /// entry or past it, or somebody else has a reference. One step, under the page-table lock. Whoever comes by the page
    /// without that lock looks at the entry again, and marks the page before the reference goes.
    ///
    /// @param tlb flushes the translation later
    Unmap discard(Folio folio, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1, folio.flags(), Access.READ, Folio.DIRTY);
        Unmap result = !(pte instanceof Pte.Present present) || present.folio() != folio ? Unmap.NOT_MAPPED
                : present.dirty() || (folio.flags().peek() & Folio.DIRTY) != 0 || folio.peekOtherReferences() != 1
                ? Unmap.REFUSED : Unmap.CLEAN;
        machine().current().learn(result.ordinal());
        if (result == Unmap.CLEAN) {
            restrict(Pte.NONE, tlb);
        }
        return result;
    }

    /// Replaces a present entry by what `change` makes of it. One step, under the page-table lock.
    ///
    /// @param tlb flushes the translation later
    /// @return the entry as it was
    Pte modify(UnaryOperator<Pte.Present> change, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        Pte old = pte;
        machine().current().learn(old.hash());
        if (old instanceof Pte.Present present) {
            restrict(change.apply(present), tlb);
        } else if (old instanceof Pte.Migration migration) {
            put(new Pte.Migration(change.apply(migration.was())));
        }
        return old;
    }

    /// Puts an entry here if nothing is in the way of it. One step, under the page-table lock.
    ///
    /// @param free whether it may take the place of what is here
    /// @return -EEXIST if it may not
    public Optional<Errno> fill(Pte entry, Predicate<Pte> free) {
        machine().step(this, Access.WRITE, -1);
        return fillNow(entry, free, true);
    }

    /// As [#fill], of an area of a file: the page must not lie behind the end of it, whose size is read in the same
    /// step.
    ///
    /// @param pageOffset where the page begins in the file, in bytes
    /// @return -EFAULT if it does
    public Optional<Errno> fillBelow(Cell iSize, long pageOffset, Pte entry, Predicate<Pte> free) {
        machine().step(this, Access.WRITE, -1, iSize, Access.READ, -1);
        return fillNow(entry, free, pageOffset < iSize.peek());
    }

    private Optional<Errno> fillNow(Pte entry, Predicate<Pte> free, boolean inside) {
        Optional<Errno> wrong = !inside ? Optional.of(Errno.EFAULT)
                : free.test(pte) ? Optional.empty() : Optional.of(Errno.EEXIST);
        machine().current().learn(wrong.map(Errno::number).orElse(0));
        if (wrong.isEmpty()) {
            put(entry);
        }
        return wrong;
    }

    /// Replaces the entry, whatever it is, by what `change` makes of it. One step, under the page-table lock.
    ///
    /// @param tlb flushes the translation later
    void change(UnaryOperator<Pte> change, TlbGather tlb) {
        machine().step(this, Access.WRITE, -1);
        machine().current().learn(pte.hash());
        restrict(change.apply(pte), tlb);
    }

    /// Puts an entry for the same page, which is being moved, into `other`, where nothing is, if this one is still
    /// `expected`. One step, under both page-table locks.
    ///
    /// @return whether it was
    boolean shareMigration(Pte.Migration expected, Pte.Migration mine, PteSlot other, Pte its) {
        machine().step(this, Access.WRITE, -1, other, Access.WRITE, -1);
        boolean same = pte.equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            put(mine);
            other.put(its);
        }
        return same;
    }

    /// Takes the entry of `source`, which is left empty. One step, under both page-table locks.
    ///
    /// @param tlb flushes the translation later, unless it has to be now
    void moveFrom(PteSlot source, TlbGather tlb) {
        machine().step(source, Access.WRITE, -1, this, Access.WRITE, -1);
        machine().current().learn(source.pte.hash());
        put(source.pte);
        if (source.mm.tlbFlush().flushesUnderTheLock(pte)) {
            source.translations.flush();
        }
        source.restrict(Pte.NONE, tlb);
    }

    /// Puts `moved` here and takes the entry of `source` away, if that is still `expected` and nothing is here. One step,
    /// under both page-table locks.
    ///
    /// @return whether that was so
    public boolean moveFrom(PteSlot source, Pte.Present expected, Pte.Present moved) {
        machine().step(source, Access.WRITE, -1, this, Access.WRITE, -1);
        boolean same = source.pte.equals(expected) && pte.equals(Pte.NONE) && !expected.folio().isPinnedNow();
        machine().current().learn(same ? 1 : 0);
        if (same) {
            source.translations.flush(); // ptep_clear_flush
            put(moved);
            source.put(Pte.NONE);
        }
        return same;
    }

    /// Puts an entry of a page in swap here and takes it from `source`, if that is still `expected` and nothing is here.
    /// One step, under both page-table locks.
    ///
    /// @return whether that was so
    public boolean moveFrom(PteSlot source, Pte.Swap expected) {
        machine().step(source, Access.WRITE, -1, this, Access.WRITE, -1);
        boolean same = source.pte.equals(expected) && pte.equals(Pte.NONE);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            put(expected);
            source.put(Pte.NONE);
        }
        return same;
    }

    /// Takes a reference to the page of the entry if it is still `expected`. One step, under the page-table lock.
    ///
    /// @return whether it was
    public boolean getFolio(Pte.Present expected) {
        return getFolio(expected, FolioHold.REFERENCE);
    }

    /// Write-protects and cleans the entry if it maps `folio`. One step, under the page-table lock.
    ///
    /// @return whether the page had been written through it
    public boolean cleanAndProtect(Folio folio) {
        machine().step(this, Access.WRITE, -1);
        boolean dirty = false;
        if (pte instanceof Pte.Present present && present.folio() == folio && (present.writable() || present.dirty())) {
            dirty = present.dirty();
            translations.flush(); // ptep_clear_flush
            put(present.wrProtectClean());
        }
        machine().current().learn(dirty ? 1 : 0);
        return dirty;
    }

    /// Holds the page of the entry if it is still `expected`. One step, under the
    /// page-table lock.
    ///
    /// @return whether it was
    boolean getFolio(Pte.Present expected, FolioHold hold) {
        Folio folio = expected.folio();
        machine().step(this, Access.READ, -1, folio.referenceCount(), Access.ADD, -1);
        boolean same = pte.equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            folio.getWithinStep(hold);
        }
        return same;
    }

    /// The processor's access to memory through this entry: translation and data in one step. The translation is
    /// the one that the processor's TLB holds, if it holds one, else the present entry.
    ///
    /// @param write   whether memory is written; sets the dirty bit of the entry
    /// @param offset  within the page, in bytes
    /// @param lengthBytes the bytes touched, all within the page
    /// @return the bytes of the page to touch within this step, or [#FAULT] if the entry does not permit it
    Content access(boolean write, int offset, int lengthBytes) {
        long pieces = Content.pieces(offset, lengthBytes);
        machine().step(this, Access.READ, -1, task -> announceAccess(task, write, pieces));
        long processor = processor(machine().current());
        Pte used = translations.of(processor, pte);
        machine().current().learn(used.hash());
        if (!(used instanceof Pte.Present present) || !permits(present, write)) {
            translations.forget(processor);
            return FAULT;
        }
        boolean current = used.equals(pte);
        if (write) {
            present.folio().data().written();
            if (!present.dirty()) {
                put(present.mkDirty());
            }
        }
        if (current && translations.used(processor)) {
            changed();
        }
        return present.folio().data().content();
    }

    /// How far an access reaches that [#access] has just permitted: the rest of that step.
    ///
    /// @param addressTag the tag of the address that is accessed
    /// @return the bytes in front of the first granule with a tag that does not match
    int untilMismatch(int addressTag, int offset, int lengthBytes) {
        Pte used = translations.of(processor(machine().current()), pte);
        if (!(used instanceof Pte.Present present) || !present.tagged()) {
            return lengthBytes;
        }
        int reached = present.folio().data().tags().matching(mm.architecture(), addressTag, offset, lengthBytes);
        machine().current().learn(reached);
        return reached;
    }

    /// {@return the page of an access that [#access] has just permitted, if it has tags: the rest of that step}
    Optional<FolioData> taggedNow() {
        return translations.of(processor(machine().current()), pte) instanceof Pte.Present present && present.tagged()
                ? Optional.of(present.folio().data()) : Optional.empty();
    }

    private static long processor(Task task) {
        return task.context(TaskStruct.class).processor();
    }

    /// {@return whether an access succeeds with that translation} Where the entry is to be marked dirty, the
    /// processor looks at the page table again, or leaves the mark to the fault handler.
    private boolean permits(Pte.Present used, boolean write) {
        return used.permits(write) && !used.old()
                && (!write || used.dirty() || used.equals(pte) && mm.architecture().marksEntries());
    }

    private void announceAccess(Task task, boolean write, long pieces) {
        SecondAccess.first(task, Access.READ);
        if (translations.of(processor(task), pte) instanceof Pte.Present present && permits(present, write)) {
            if (write && !present.dirty()) {
                SecondAccess.first(task, Access.WRITE);
            }
            SecondAccess.touch(task, present.folio().data(), write ? Access.WRITE : Access.READ, pieces);
        }
    }

    /// What [#access] returns where the processor raises a page fault.
    static final Content FAULT = new Content((byte) 0);

    /// {@return the entry, without a step: for reports and for checks at the end}
    public Pte peek() {
        return pte;
    }

    @Override
    protected long stateHash() {
        long held = translations.hash();
        return held == 0 ? pte.hash() : Digest.mix(pte.hash(), held);
    }
}
