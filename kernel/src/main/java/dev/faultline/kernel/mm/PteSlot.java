package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The place of one entry in a page table. Changes are made under the page-table lock, whose whole critical
/// section is one step here.
public final class PteSlot extends SharedObject {
    private final long address;
    private Pte pte = Pte.NONE;

    PteSlot(Mm mm, long address) {
        super(mm, address, "pte", mm.name() + ":0x" + Long.toHexString(address));
        this.address = address;
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

    /// Replaces the entry if it is still `expected` (`pte_same`). One step, under the page-table lock.
    ///
    /// @return whether it was
    public boolean replace(Pte expected, Pte replacement) {
        machine().step(this, Access.WRITE, -1);
        boolean same = pte.equals(expected);
        machine().current().learn(same ? 1 : 0);
        if (same) {
            pte = replacement;
            changed();
        }
        return same;
    }

    /// Removes the entry and flushes the translation. One step, under the page-table lock.
    ///
    /// @return what it was
    public Pte getAndClear() {
        machine().step(this, Access.WRITE, -1);
        Pte old = pte;
        machine().current().learn(old.hash());
        pte = Pte.NONE;
        changed();
        return old;
    }

    /// Shares the page of the entry with another one, for which a reference is taken. One step, under the
    /// page-table lock.
    ///
    /// @param cow whether a write has to copy the page from now on, through either
    /// @return the other entry
    Pte share(boolean cow) {
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
            present.folio().getWithinStep(FolioHold.REFERENCE);
        }
        if (cow) {
            pte = present.without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE);
            changed();
        }
        return pte;
    }

    /// Removes the entry if a page is mapped there that `which` holds for, and flushes the translation. One step,
    /// under the page-table lock.
    ///
    /// @return what it was, if it was removed
    Optional<Pte.Present> clearIf(Predicate<Pte.Present> which) {
        machine().step(this, Access.READ, -1, task ->
                SecondAccess.first(task, pte instanceof Pte.Present p && which.test(p) ? Access.WRITE : Access.READ));
        machine().current().learn(pte.hash());
        if (!(pte instanceof Pte.Present present) || !which.test(present)) {
            return Optional.empty();
        }
        pte = Pte.NONE;
        changed();
        return Optional.of(present);
    }

    /// Replaces a present entry by what `change` makes of it. One step, under the page-table lock.
    ///
    /// @return the entry as it was
    Pte modify(UnaryOperator<Pte.Present> change) {
        machine().step(this, Access.WRITE, -1);
        Pte old = pte;
        machine().current().learn(old.hash());
        if (old instanceof Pte.Present present) {
            pte = change.apply(present);
            changed();
        }
        return old;
    }

    /// Takes the entry of `source`, which is left empty. One step, under both page-table locks.
    void moveFrom(PteSlot source) {
        machine().step(source, Access.WRITE, -1, this, Access.WRITE, -1);
        machine().current().learn(source.pte.hash());
        pte = source.pte;
        source.pte = Pte.NONE;
        changed();
        source.changed();
    }

    /// Write-protects and cleans the entry if it maps `folio`. One step, under the page-table lock.
    ///
    /// @return whether the page had been written through it
    public boolean cleanAndProtect(Folio folio) {
        machine().step(this, Access.WRITE, -1);
        boolean dirty = false;
        if (pte instanceof Pte.Present present && present.folio() == folio && (present.writable() || present.dirty())) {
            dirty = present.dirty();
            pte = present.wrProtectClean();
            changed();
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

    /// The processor's access to memory through this entry: translation and data in one step, because
    /// whoever changes an entry waits until every processor has dropped the translation.
    ///
    /// @param write   whether memory is written; sets the dirty bit of the entry
    /// @param offset  within the page, in bytes
    /// @param lengthBytes the bytes touched, all within the page
    /// @return the bytes of the page to touch within this step, or [#FAULT] if the entry does not permit it
    Content access(boolean write, int offset, int lengthBytes) {
        long pieces = Content.pieces(offset, lengthBytes);
        machine().step(this, Access.READ, -1, task -> announceAccess(task, write, pieces));
        machine().current().learn(pte.hash());
        if (!(pte instanceof Pte.Present present) || !present.permits(write)) {
            return FAULT;
        }
        if (write) {
            present.folio().data().written();
            if (!present.dirty()) {
                pte = present.mkDirty();
                changed();
            }
        }
        return present.folio().data().content();
    }

    private void announceAccess(Task task, boolean write, long pieces) {
        SecondAccess.first(task, Access.READ);
        if (pte instanceof Pte.Present present && present.permits(write)) {
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
        return pte.hash();
    }
}
