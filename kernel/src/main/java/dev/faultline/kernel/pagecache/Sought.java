package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;

/// What lseek(2) looks for with SEEK_DATA and SEEK_HOLE.
public enum Sought {
    /// Bytes that somebody has written, as far as the file system can tell.
    DATA,
    /// Bytes that are not there and read as zeroes; the end of the file at the latest.
    HOLE;

    /// Looks for pages that are up to date, or for places without one. A page in swap is one. Behind the last page that a file
    /// can have the position becomes negative: data in that page is not found, and it is where the hole behind it is said to be.
    ///
    /// @return the first byte from `start` on that is as sought, `end` if none before is
    @Models(file = "mm/filemap.c", symbol = "mapping_seek_hole_data")
    public long inCache(AddressSpace mapping, long start, long end) {
        long last = (end - 1) / Content.SIZE;
        for (long index = start / Content.SIZE; index <= last; index = this == DATA ? mapping.nextIndex(index + 1) : index + 1) {
            if (isThere(mapping, index) == (this == DATA) && (this == HOLE || behind(index) > 0)) {
                return Math.max(start, index * Content.SIZE);
            }
        }
        return this == DATA ? end : Math.min(behind(last), end);
    }

    private static long behind(long index) {
        return (index + 1) * Content.SIZE;
    }

    private static boolean isThere(AddressSpace mapping, long index) {
        AddressSpace.Entry entry = mapping.getEntry(index);
        if (entry.folio().isEmpty()) {
            return entry.swap().isPresent();
        }
        Folio folio = entry.folio().get();
        boolean upToDate = folio.flags().readBits(Folio.UPTODATE) != 0;
        folio.put();
        return upToDate;
    }
}
