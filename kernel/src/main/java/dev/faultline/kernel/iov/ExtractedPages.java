package dev.faultline.kernel.iov;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.uapi.Errno;
import java.util.List;

/// What taking pages out of an iterator came to.
public sealed interface ExtractedPages {
    /// Pages, each held for the caller.
    ///
    /// @param hold        how they are held
    /// @param offset      where in the first page the data starts, in bytes
    /// @param lengthBytes how much data the pages hold; 0 if there are none
    record Pages(List<Folio> folios, FolioHold hold, int offset, long lengthBytes) implements ExtractedPages {}

    /// Not even one page.
    record Failed(Errno errno) implements ExtractedPages {}
}
