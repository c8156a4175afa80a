package dev.faultline.kernel.iomap;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// Zeroing a range of a file that may have no blocks, in parts: fs/iomap/buffered-io.c.
public final class ZeroRange {
    private ZeroRange() {}

    /// Zeroes `lengthBytes` bytes from `pos` on in the page cache. What reads as zeroes is left alone, except that a
    /// dirty page over it is written first, and looked at again. The caller keeps pages from being read or dropped.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_zero_range")
    public static void zero(Node node, AddressSpace mapping, long pos, long lengthBytes, IomapOps operations) {
        RetryLoop loop = node.machine().retryLoop("iomap_zero_range");
        long at = pos;
        long end = pos + lengthBytes;
        while (at < end) {
            if (!(operations.begin(at, end - at, IomapOps.Purpose.LOOK_UP) instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
                return;
            }
            long here = Math.min(end, iomap.offset() + iomap.lengthBytes()) - at;
            if (iomap.type() == Iomap.Type.HOLE || iomap.type() == Iomap.Type.UNWRITTEN) {
                if (!isDirty(mapping, at, at + here - 1)) {
                    at += here;
                } else if (Writeback.writeAndWaitRange(mapping, at, at + here - 1).isPresent()) {
                    return;
                }
            } else {
                here = Math.min(here, Content.SIZE - at % Content.SIZE);
                BufferedIo.zeroRange(node, mapping, at, (int) here, operations);
                at += here;
            }
            loop.again(at);
        }
    }

    @Models(file = "mm/filemap.c", symbol = "filemap_range_needs_writeback")
    private static boolean isDirty(AddressSpace mapping, long startByte, long endByte) {
        long last = Math.min(endByte / Content.SIZE, mapping.lastIndex());
        for (long index = mapping.nextIndex(startByte / Content.SIZE); index <= last; index = mapping.nextIndex(index + 1)) {
            Optional<Folio> folio = mapping.getFolio(index);
            boolean dirty = folio.isPresent() && folio.get().flags().readBits(Folio.DIRTY | Folio.TOWRITE | Folio.WRITEBACK) != 0;
            folio.ifPresent(Folio::put);
            if (dirty) {
                return true;
            }
        }
        return false;
    }
}
