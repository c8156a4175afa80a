package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.List;

/// The bytes of a folio. Accesses to different 64-byte pieces commute.
public final class FolioData extends SharedObject {
    private final Folio folio;
    private final Content content = new Content((byte) 0);
    private final MemoryTags tags = new MemoryTags();

    FolioData(Folio folio) {
        super(folio, 1, "data", folio);
        this.folio = folio;
    }

    /// {@return the object that a step touches that touches these bytes: that of the whole of a huge page}
    public SharedObject touched() {
        return folio.head().data();
    }

    /// {@return the part of that which the pieces are}
    public long part(long pieces) {
        return Long.rotateLeft(pieces, (int) (folio.pfn() - folio.head().pfn()));
    }

    private void step(Access access, long pieces) {
        machine().step(touched(), access, part(pieces));
    }

    /// {@return the bytes, for the rest of a step that was announced as an access to them}
    public Content content() {
        folio.checkInUse();
        return content;
    }

    /// {@return the tags of the bytes, for the rest of a step that was announced as an access to these}
    public MemoryTags tags() {
        return tags;
    }

    /// Copies bytes and tags to a page that nobody else knows yet, or whose bytes the folio lock keeps others from. One step.
    @Models(file = "include/linux/highmem.h", symbol = "copy_highpage")
    public void copyTo(FolioData destination) {
        step(Access.READ, Content.pieces(0, Content.SIZE));
        destination.content.copy(0, content(), 0, Content.SIZE);
        destination.tags.copy(tags);
        destination.changedUnseen();
    }

    /// Copies bytes and tags of several pages of the same huge page to pages that nobody else knows yet. One step.
    static void copyAll(List<Folio> sources, List<Folio> destinations) {
        sources.getFirst().data().step(Access.READ, -1);
        for (int i = 0; i < sources.size(); i++) {
            FolioData source = sources.get(i).data();
            destinations.get(i).data().content.copy(0, source.content(), 0, Content.SIZE);
            destinations.get(i).data().tags.copy(source.tags);
            destinations.get(i).data().changedUnseen();
        }
    }

    /// Copies the bytes of a huge page to another one that nobody else knows yet. One step.
    @Models(file = "mm/memory.c", symbol = "copy_user_large_folio")
    public static void copyHuge(Folio source, Folio destination) {
        source.data().step(Access.READ, -1);
        copyHugeWithinStep(source, destination);
    }

    /// As that, within a step that was announced as a look at all of the source.
    static void copyHugeWithinStep(Folio source, Folio destination) {
        source.knownPages().forEach((i, page) -> {
            destination.page(i).data().content.copy(0, page.data().content(), 0, Content.SIZE);
            destination.page(i).data().changedUnseen();
        });
    }

    /// Says that the bytes were changed through [#content], or the tags through [#tags].
    public void written() {
        changed();
    }

    /// Copies `lengthBytes` bytes from `offset` on into `destination`. One step.
    public void read(int offset, int lengthBytes, Content destination) {
        step(Access.READ, Content.pieces(offset, lengthBytes));
        destination.copy(offset, content(), offset, lengthBytes);
    }

    /// Replaces `lengthBytes` bytes from `offset` on by those of `source` at `sourceOffset`. One step.
    public void write(int offset, int lengthBytes, Content source, int sourceOffset) {
        step(Access.WRITE, Content.pieces(offset, lengthBytes));
        content().copy(offset, source, sourceOffset, lengthBytes);
        changed();
    }

    /// Fills `lengthBytes` bytes from `offset` on with zeroes. One step.
    public void zero(int offset, int lengthBytes) {
        step(Access.WRITE, Content.pieces(offset, lengthBytes));
        content().fill(offset, lengthBytes, (byte) 0);
        changed();
    }

    /// Fills everything but the `lengthBytes` bytes from `offset` on with zeroes. One step for each side.
    @Models(file = "include/linux/highmem.h", symbol = "folio_zero_segments")
    public void zeroSegments(int offset, int lengthBytes) {
        if (offset > 0) {
            zero(0, offset);
        }
        if (offset + lengthBytes < Content.SIZE) {
            zero(offset + lengthBytes, Content.SIZE - offset - lengthBytes);
        }
    }

    void forget() {
        content.fill(0, Content.SIZE, (byte) 0);
        tags.clear();
        changedUnseen();
    }

    @Override
    protected boolean isChangedBy(Task task) {
        return task.changes(touched());
    }

    @Override
    protected long stateHash() {
        return content.hash() ^ tags.hash();
    }
}
