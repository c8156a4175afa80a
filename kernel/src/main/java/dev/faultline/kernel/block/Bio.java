package dev.faultline.kernel.block;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;

/// One transfer between pages of memory and consecutive bytes of a disk (`struct bio`).
public final class Bio {
    private final BlockDevice device;
    private final boolean write;
    private final long position;
    private final List<Vector> vectors = new ArrayList<>();

    /// A piece of memory of a transfer (`struct bio_vec`).
    public record Vector(Folio folio, FolioHold hold, int offset, int lengthBytes) {
        /// Gives the page back to whom it was taken from. One step.
        public void release() {
            hold.release(folio);
        }
    }

    /// An empty transfer.
    ///
    /// @param position where on the disk it starts, in bytes
    public Bio(BlockDevice device, boolean write, long position) {
        this.device = device;
        this.write = write;
        this.position = position;
    }

    /// Adds a piece of a page that is referenced behind the others.
    public void add(Folio folio, int offset, int lengthBytes) {
        add(folio, FolioHold.REFERENCE, offset, lengthBytes);
    }

    /// Adds a piece of memory behind the others.
    ///
    /// @param hold how its page is held
    public void add(Folio folio, FolioHold hold, int offset, int lengthBytes) {
        vectors.add(new Vector(folio, hold, offset, lengthBytes));
    }

    /// {@return the pieces of memory, in order}
    public List<Vector> vectors() {
        return vectors;
    }

    /// {@return the bytes to transfer}
    public long sizeBytes() {
        return vectors.stream().mapToLong(Vector::lengthBytes).sum();
    }

    /// Transfers everything and waits for it. A step for each piece within a page and a block.
    @Models(file = "block/bio.c", symbol = "submit_bio_wait")
    public void submitAndWait() {
        if (vectors.isEmpty()) {
            throw new AssertionError("a bio without memory");
        }
        long at = position;
        for (Vector vector : vectors) {
            int done = 0;
            while (done < vector.lengthBytes()) {
                int inBlock = (int) (at % Content.SIZE);
                int part = Math.min(vector.lengthBytes() - done, Content.SIZE - inBlock);
                transfer(device.block(at / Content.SIZE), inBlock, part, vector.folio(), vector.offset() + done);
                done += part;
                at += part;
            }
        }
    }

    /// Starts the transfer and returns. A task of its own does it, then runs `endIo`, and is no thread of a process.
    ///
    /// @param what what the transfer is for, for reports
    @Models(file = "block/blk-core.c", symbol = "submit_bio")
    public void submit(Machine machine, String what, Runnable endIo) {
        machine.spawn(what, () -> {
            machine.current().setContext(new TaskStruct());
            submitAndWait();
            endIo.run();
        });
    }

    private void transfer(BlockDevice.Block block, int offset, int lengthBytes, Folio folio, int folioOffset) {
        if (write) {
            block.write(offset, lengthBytes, folio.data(), folioOffset);
        } else {
            block.read(offset, lengthBytes, folio.data(), folioOffset);
        }
    }
}
