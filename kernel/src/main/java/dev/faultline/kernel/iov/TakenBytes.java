package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Part;

/// What taking pages out of a program's memory comes to, in bytes.
public interface TakenBytes {
    /// The seam at which other forms plug in.
    Part<TakenBytes> PART = new Part<>("iov.TakenBytes", TakenBytes.class);

    /// Today: no pages are no bytes.
    TakenBytes TODAY = (pages, offset, wanted) -> pages == 0 ? 0 : Math.min(wanted, (long) pages * Content.SIZE - offset);

    /// {@return the bytes in `pages` pages, of which the data starts at `offset` in the first, if `wanted` were asked
    /// for}
    long of(int pages, int offset, long wanted);
}
