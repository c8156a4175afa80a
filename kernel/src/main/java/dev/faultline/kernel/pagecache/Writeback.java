package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// Writing dirty pages to the device (mm/page-writeback.c). Ranges are in bytes, both ends inclusive.
public final class Writeback {
    private Writeback() {}

    /// Writes the dirty pages of the range and waits for all writeback in it.
    ///
    /// @return the first error
    @Models(file = "mm/filemap.c", symbol = "filemap_write_and_wait_range")
    public static Optional<Errno> writeAndWaitRange(AddressSpace mapping, long startByte, long endByte) {
        Optional<Errno> first = Optional.empty();
        long last = Math.min(endByte / Content.SIZE, lastPage(mapping));
        for (long index = mapping.nextIndex(startByte / Content.SIZE); index <= last; index = mapping.nextIndex(index + 1)) {
            Optional<Folio> cached = mapping.getFolio(index);
            if (cached.isPresent()) {
                Optional<Errno> error = writeIfDirty(mapping, cached.get());
                first = first.isPresent() ? first : error;
                waitForFolio(cached.get());
                cached.get().put();
            }
        }
        return first;
    }

    /// {@return whether a page of the range is cached, or, if only `dirty` ones count, is dirty or being written}
    @Models(file = "mm/filemap.c", symbol = "filemap_range_needs_writeback")
    public static boolean hasPage(AddressSpace mapping, long startByte, long endByte, boolean dirty) {
        long last = Math.min(endByte / Content.SIZE, lastPage(mapping));
        for (long index = mapping.nextIndex(startByte / Content.SIZE); index <= last; index = mapping.nextIndex(index + 1)) {
            Optional<Folio> cached = mapping.getFolio(index);
            if (cached.isPresent()) {
                boolean counts = !dirty || cached.get().flags().readBits(Folio.DIRTY | Folio.TOWRITE | Folio.WRITEBACK) != 0;
                cached.get().put();
                if (counts) {
                    return true;
                }
            }
        }
        return false;
    }

    /// {@return the last index at which a page can be cached: the end of the file or behind it, where one was}
    static long lastPage(AddressSpace mapping) {
        long pages = Content.pages(mapping.iSize().read());
        return Math.max(pages - 1, mapping.lastIndex());
    }

    /// Starts writing a page of the file that is dirty. The caller has a reference.
    ///
    /// @return an error of the device
    public static Optional<Errno> writeIfDirty(AddressSpace mapping, Folio folio) {
        if (folio.flags().readBits(Folio.DIRTY | Folio.TOWRITE) == 0) {
            return Optional.empty();
        }
        folio.lock().lock();
        if (!Filemap.isPartOf(folio, mapping)) {
            folio.lock().unlock();
            return Optional.empty();
        }
        waitForFolio(folio);
        if (!clearDirtyForIo(mapping, folio)) {
            folio.lock().unlock();
            return Optional.empty();
        }
        return mapping.operations().writeFolio(mapping, folio);
    }

    /// Makes every mapping of the folio read-only and clears its dirty flag. The caller holds the folio lock.
    ///
    /// @return whether there is something to write
    @Models(file = "mm/page-writeback.c", symbol = "folio_clear_dirty_for_io")
    public static boolean clearDirtyForIo(AddressSpace mapping, Folio folio) {
        if (Rmap.folioMkclean(mapping, folio)) {
            folio.flags().setBits(Folio.DIRTY);
        }
        return folio.flags().moveBits(Folio.DIRTY, Folio.TOWRITE) != 0;
    }

    /// Writing begins. The caller holds the folio lock.
    @Models(file = "mm/page-writeback.c", symbol = "folio_start_writeback")
    public static void start(Folio folio) {
        folio.flags().moveBits(Folio.TOWRITE, Folio.WRITEBACK);
    }

    /// Waits until the folio is not being written.
    @Models(file = "mm/page-writeback.c", symbol = "folio_wait_writeback")
    public static void waitForFolio(Folio folio) {
        folio.flags().awaitClear(Folio.WRITEBACK);
    }
}
