package dev.faultline.kernel.mm;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The place of one entry in a page table. Changes are made under the page-table lock, whose whole critical
/// section is one step here. Knows what the TLBs hold for the entry.
public final class PteSlot extends SharedObject implements Translated {
    private final Mm mm;
    private final long address;
    private final Translations translations = new Translations();
    private Pte pte = Pte.NONE;
    private boolean used;

    /// The entry above, where that may change; then the steps here are steps on it, each on a part of it.
    private final Optional<PmdSlot> pmd;

    private final SharedObject place;
    private final long part;
    private final Mmu mmu = new Mmu(this);

    PteSlot(Mm mm, long address, Optional<PmdSlot> pmd) {
        super(mm, address, "pte", mm.name() + ":0x" + Long.toHexString(address));
        this.mm = mm;
        this.address = address;
        this.pmd = pmd;
        this.place = pmd.isPresent() ? pmd.get() : this;
        this.part = pmd.isPresent() ? PmdSlot.part(address) : -1;
    }

    /// The entry as it is in effect: of a huge page, or none, where the table has no such place.
    Pte now() {
        return pmd.isEmpty() ? pte : pmd.get().entry(address, pte);
    }

    /// {@return the entry of the table, whether or not that is in effect}
    Pte inTable() {
        return pte;
    }

    /// {@return the entry of the table, which maps a page}
    Pte.Present presentInTable() {
        return (Pte.Present) pte;
    }

    Translations translations() {
        return translations;
    }

    /// {@return what processors make of the entry}
    Mmu mmu() {
        return mmu;
    }

    /// {@return the object that steps on the entry are taken on}
    SharedObject place() {
        return place;
    }

    /// {@return the part of that which the entry is}
    long part() {
        return part;
    }

    /// What a processor goes by: what its TLB holds, of the huge page or of this one, else what is in effect.
    Pte translation(long processor) {
        Pte used = translations.of(processor, now());
        return pmd.isEmpty() ? used : pmd.get().translation(processor, address, used);
    }

    /// A processor has met a fault with what it holds.
    void forget(long processor) {
        translations.forget(processor);
        pmd.ifPresent(above -> above.translations().forget(processor));
    }

    /// A processor has used what is in effect, and keeps it.
    void keep(long processor) {
        if ((isHuge() ? pmd.orElseThrow().translations() : translations).used(processor)) {
            changedUnseen(); // which only a change of the entry looks at
        }
    }

    /// A processor writes through what is in effect, as `present`.
    void markDirty(Pte.Present present) {
        if (isHuge()) {
            pmd.orElseThrow().markDirty();
        } else {
            put(present.mkDirty());
        }
    }

    /// {@return whether the entry is in a table, and equals that one (`pte_same`); for the rest of a step that was taken here}
    boolean isStill(Pte expected) {
        return isThere() && pte.equals(expected);
    }

    /// {@return whether there is a table that this place is in (`pte_offset_map_lock`)}
    boolean isThere() {
        return pmd.isEmpty() || pmd.get().hasTable();
    }

    /// {@return whether the page is part of a huge one that is mapped as a whole; for the rest of a step that was taken here}
    boolean isHuge() {
        return pmd.isPresent() && pmd.get().isHuge();
    }

    /// Makes a table where there is nothing (`pte_alloc`). A step only where there may be something else than a table.
    void populate() {
        pmd.ifPresent(PmdSlot::populate);
    }

    /// Takes a step on this place and on another one.
    void stepWith(PteSlot other) {
        if (other.place == place) {
            machine().step(place, Access.WRITE, part | other.part);
        } else {
            machine().step(other.place, Access.WRITE, other.part, place, Access.WRITE, part);
        }
    }

    /// {@return whose page table it is in}
    public Mm mm() {
        return mm;
    }

    /// {@return the address of the page that the entry maps}
    public long address() {
        return address;
    }

    /// {@return the entry} One step.
    public Pte read() {
        machine().step(place, Access.READ, part);
        Pte entry = now();
        machine().current().learn(entry.hash());
        return entry;
    }

    /// {@return the entry in a table that was found there, as who walks without locks reads it} One step.
    Pte read(Pmd.Table table) {
        machine().step(place, Access.READ, part);
        Pte entry = pmd.orElseThrow().isLast(table) ? pte : Pte.NONE;
        machine().current().learn(entry.hash());
        return entry;
    }

    /// Empties a place of a table that was taken out, in which only walks without locks may be. One step.
    void clearDetached() {
        machine().step(place, Access.WRITE, part);
        put(Pte.NONE);
    }

    /// {@return whether the entry maps the folio} One step.
    public boolean maps(Folio folio) {
        return read() instanceof Pte.Present present && present.folio() == folio;
    }

    /// Replaces the entry if it is still `expected` (`pte_same`). One step, under the page-table lock.
    ///
    /// @return whether it was
    public boolean replace(Pte expected, Pte replacement) {
        if (expected instanceof Pte.None) {
            populate();
        }
        machine().step(place, Access.WRITE, part);
        boolean same = isStill(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            if (pte instanceof Pte.Present old && !(replacement instanceof Pte.Present p && p.folio() == old.folio())) {
                translations.flush(); // ptep_clear_flush
            }
            put(replacement);
        }
        return same;
    }

    /// Puts what maps a page here, as a part of a step that changes the whole table.
    void put(Pte entry) {
        if (entry instanceof Pte.Present present && present.isAnonymous()) {
            checkAnonRmap(present.folio());
        }
        pte = entry;
        if (!used && !entry.equals(Pte.NONE)) {
            used = true;
            mm.use(this);
        }
        changed();
    }

    private boolean isFoundHere(Folio folio) {
        return mm.vmaLookupUnlocked(address).filter(vma -> !folio.belongsAt(vma.linearPageIndex(address))).isEmpty();
    }

    /// {@return the anonymous page that is mapped here though its reverse map does not look for it here; no step}
    Optional<Folio> unfindable() {
        return isThere() && pte instanceof Pte.Present present && present.isAnonymous() && !isFoundHere(present.folio())
                ? Optional.of(present.folio()) : Optional.empty();
    }

    private void checkAnonRmap(Folio folio) {
        if (!isFoundHere(folio)) {
            throw machine().finding(Kind.BUG, "__page_check_anon_rmap: " + folio + " is mapped where its reverse map does not look for it");
        }
    }

    /// Changes the entry to one that permits less; `tlb` flushes later what processors hold.
    void restrict(Pte restricted, TlbGather tlb) {
        if (translations.outdated(pte)) {
            tlb.flushLater(this);
        }
        put(restricted);
    }

    @Override
    public void flush() {
        machine().step(place, Access.WRITE, part);
        translations.flush();
        changed();
    }

    /// Removes the entry. One step, under the page-table lock.
    ///
    /// @param left what stays in its place
    /// @param tlb  flushes the translation later
    /// @return what it was
    Pte getAndClear(UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(place, Access.WRITE, part);
        Pte old = isThere() ? pte : Pte.NONE;
        machine().current().learn(old.hash());
        if (isThere()) {
            restrict(left.apply(old), tlb);
        }
        return old;
    }

    /// Shares the page of the entry with another one, for which a reference is taken. One step, under the
    /// page-table lock.
    ///
    /// @param tlb flushes the translation later
    /// @param cow whether a write has to copy the page from now on, through either
    /// @return the other entry
    Pte share(boolean cow, TlbGather tlb) {
        machine().step(place, Access.WRITE, part, task -> {
            if (isThere() && pte instanceof Pte.Present present && !present.special()) {
                SecondAccess.touch(task, present.folio().referenceCount(), Access.ADD, -1);
            }
        });
        machine().current().learn(now().hash());
        if (!isThere() || !(pte instanceof Pte.Present present)) {
            return isThere() ? pte : Pte.NONE;
        }
        if (!present.special()) {
            present.folio().mapWithinStep();
        }
        if (cow) {
            restrict(present.without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE), tlb);
        }
        return mm.architecture().marksEntries() ? pte : presentInTable().with(Pte.Present.OLD);
    }

    /// Removes the entry if `which` holds for it. One step, under the page-table lock.
    ///
    /// @param left what stays in its place
    /// @param tlb  flushes the translation later
    /// @return what it was, if it was removed
    Optional<Pte> clearIf(Predicate<Pte> which, UnaryOperator<Pte> left, TlbGather tlb) {
        machine().step(place, Access.READ, part, task ->
                SecondAccess.first(task, isThere() && which.test(pte) ? Access.WRITE : Access.READ));
        machine().current().learn(now().hash());
        if (!isThere() || !which.test(pte)) {
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
        machine().step(place, Access.WRITE, part, mapped.folio().referenceCount(), Access.ADD, -1);
        boolean same = isStill(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            mapped.folio().mapWithinStep();
            put(mapped);
        }
        return same;
    }

    /// What taking a page from its entry came to.
    enum Unmap { NOT_MAPPED, REFUSED, CLEAN, DIRTY }

    /// Puts something else in the place of an entry that maps `folio`, unless somebody may have pinned the page, which then
    /// has to stay here alone. Who pins without the page-table lock looks at the entry again afterwards. One step, under the
    /// page-table lock.
    ///
    /// @param left what stays in the place of the entry
    /// @param tlb  flushes the translation later
    Unmap unmap(Folio folio, Function<Pte.Present, Pte> left, TlbGather tlb) {
        machine().step(place, Access.WRITE, part, folio.referenceCount(), Access.READ, -1);
        Unmap result = !isThere() || !(pte instanceof Pte.Present present) || present.folio() != folio ? Unmap.NOT_MAPPED
                : present.anonExclusive() && folio.isPinnedNow() ? Unmap.REFUSED
                : present.dirty() ? Unmap.DIRTY : Unmap.CLEAN;
        machine().current().learn(result.ordinal());
        if (result == Unmap.CLEAN || result == Unmap.DIRTY) {
            restrict(left.apply(presentInTable()), tlb);
        }
        return result;
    }

    /// Removes an entry that maps `folio`, whose bytes need not be kept, unless it was written meanwhile, through the
    /// entry or past it, or somebody else has a reference. One step, under the page-table lock. Whoever comes by the page
    /// without that lock looks at the entry again, and marks the page before the reference goes.
    ///
    /// @param tlb flushes the translation later
    Unmap discard(Folio folio, TlbGather tlb) {
        machine().step(place, Access.WRITE, part, folio.flags(), Access.READ, Folio.DIRTY);
        Unmap result = !isThere() || !(pte instanceof Pte.Present present) || present.folio() != folio ? Unmap.NOT_MAPPED
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
        machine().step(place, Access.WRITE, part);
        Pte old = isThere() ? pte : Pte.NONE;
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
        populate();
        machine().step(place, Access.WRITE, part);
        return fillNow(entry, free, true);
    }

    /// As [#fill], of an area of a file: the page must not lie behind the end of it, whose size is read in the same
    /// step.
    ///
    /// @param pageOffset where the page begins in the file, in bytes
    /// @return -EFAULT if it does
    public Optional<Errno> fillBelow(Cell iSize, long pageOffset, Pte entry, Predicate<Pte> free) {
        populate();
        machine().step(place, Access.WRITE, part, iSize, Access.READ, -1);
        return fillNow(entry, free, pageOffset < iSize.peek());
    }

    private Optional<Errno> fillNow(Pte entry, Predicate<Pte> free, boolean inside) {
        Optional<Errno> wrong = !inside ? Optional.of(Errno.EFAULT)
                : now() instanceof Pte.None && !isThere() ? Optional.of(Errno.EAGAIN)
                : isThere() && free.test(pte) ? Optional.empty() : Optional.of(Errno.EEXIST);
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
        machine().step(place, Access.WRITE, part);
        machine().current().learn(now().hash());
        if (isThere()) {
            restrict(change.apply(pte), tlb);
        }
    }

    /// Puts an entry for the same page, which is being moved, into `other`, where nothing is, if this one is still
    /// `expected`. One step, under both page-table locks.
    ///
    /// @return whether it was
    boolean shareMigration(Pte.Migration expected, Pte.Migration mine, PteSlot other, Pte its) {
        other.populate();
        other.stepWith(this);
        boolean same = isStill(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            put(mine);
            other.put(its);
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
        machine().step(place, Access.WRITE, part);
        boolean dirty = false;
        if (isThere() && pte instanceof Pte.Present present && present.folio() == folio && (present.writable() || present.dirty())) {
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
        machine().step(place, Access.READ, part, folio.referenceCount(), Access.ADD, -1);
        boolean same = now().equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            folio.getWithinStep(hold);
        }
        return same;
    }

    /// {@return the entry, without a step: for reports and for checks at the end}
    public Pte peek() {
        return now();
    }

    @Override
    protected boolean isChangedBy(Task task) {
        return task.changes(place, part);
    }

    @Override
    protected long stateHash() {
        long held = translations.hash();
        return held == 0 ? pte.hash() : Digest.mix(pte.hash(), held);
    }
}
