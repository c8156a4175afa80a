package dev.faultline.kernel.iov;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import java.util.List;

/// What taking pages out of an iterator came to.
public sealed interface ExtractedPages {
    /// Pages, each with a reference for the caller.
    ///
    /// @param offset      where in the first page the data starts, in bytes
    /// @param lengthBytes how much data the pages hold; 0 if there are none
    record Pages(List<Folio> folios, int offset, long lengthBytes) implements ExtractedPages {}

    /// Not even one page.
    record Failed(Errno errno) implements ExtractedPages {}
}
