package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.Task;
import java.util.Optional;

/// What processors make of one page-table entry: their accesses to memory through it, by what their TLBs hold.
final class Mmu {
    /// What [#access] returns where the processor raises a page fault.
    static final Content FAULT = new Content((byte) 0);

    private final PteSlot slot;

    Mmu(PteSlot slot) {
        this.slot = slot;
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
        slot.machine().step(slot.place(), Access.READ, slot.part(), task -> announceAccess(task, write, pieces));
        long processor = processor(slot.machine().current());
        Pte used = slot.translation(processor);
        slot.machine().current().learn(used.hash());
        if (!(used instanceof Pte.Present present) || !permits(present, write)) {
            slot.forget(processor);
            return FAULT;
        }
        boolean current = used.equals(slot.now());
        if (write) {
            present.folio().data().written();
            if (!present.dirty()) {
                slot.markDirty(present);
            }
        }
        if (current) {
            slot.keep(processor);
        }
        return present.folio().data().content();
    }

    /// How far an access reaches that [#access] has just permitted: the rest of that step.
    ///
    /// @param addressTag the tag of the address that is accessed
    /// @return the bytes in front of the first granule with a tag that does not match
    int untilMismatch(int addressTag, int offset, int lengthBytes) {
        Optional<FolioData> tagged = taggedNow();
        if (tagged.isEmpty()) {
            return lengthBytes;
        }
        int reached = tagged.get().tags().matching(slot.mm().architecture(), addressTag, offset, lengthBytes);
        slot.machine().current().learn(reached);
        return reached;
    }

    /// {@return the page of an access that [#access] has just permitted, if it has tags: the rest of that step}
    Optional<FolioData> taggedNow() {
        return slot.translation(processor(slot.machine().current())) instanceof Pte.Present present && present.tagged()
                ? Optional.of(present.folio().data()) : Optional.empty();
    }

    private static long processor(Task task) {
        return task.context(TaskStruct.class).processor();
    }

    /// {@return whether an access succeeds with that translation} Where the entry is to be marked dirty, the
    /// processor looks at the page table again, or leaves the mark to the fault handler.
    private boolean permits(Pte.Present used, boolean write) {
        return used.permits(write) && !used.old()
                && (!write || used.dirty() || used.equals(slot.now()) && slot.mm().architecture().marksEntries());
    }

    private void announceAccess(Task task, boolean write, long pieces) {
        SecondAccess.first(task, Access.READ);
        if (slot.translation(processor(task)) instanceof Pte.Present present && permits(present, write)) {
            if (write && !present.dirty()) {
                SecondAccess.first(task, Access.WRITE);
            }
            FolioData data = present.folio().data();
            SecondAccess.touch(task, data.touched(), write ? Access.WRITE : Access.READ, data.part(pieces));
        }
    }
}
