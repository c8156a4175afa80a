package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;

/// How an iterator asks for the pages of user memory.
///
/// @param hold    whether they are pinned, so that fork leaves them to whoever pinned them
/// @param nofault the flag for get_user_pages that [IovIter#setNofault] stands for
public record PagePinning(FolioHold hold, GupFlag nofault) {
    /// The seam at which other forms plug in.
    public static final Part<PagePinning> PART = new Part<>("iov.PagePinning", PagePinning.class);

    /// Today: pins; the whole walk, without handling faults.
    public static final PagePinning TODAY = new PagePinning(FolioHold.PIN, GupFlag.NOFAULT);
}
