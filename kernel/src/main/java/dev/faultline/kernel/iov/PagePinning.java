package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.GupFlag;

/// How an iterator that must not fault asks for its pages.
///
/// @param nofault the flag for get_user_pages that [IovIter#setNofault] stands for
public record PagePinning(GupFlag nofault) {
    /// The seam at which other forms plug in.
    public static final Part<PagePinning> PART = new Part<>("iov.PagePinning", PagePinning.class);

    /// Today: the whole walk, without handling faults.
    public static final PagePinning TODAY = new PagePinning(GupFlag.NOFAULT);
}
