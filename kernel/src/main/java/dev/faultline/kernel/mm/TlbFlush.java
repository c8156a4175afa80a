package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;
import java.util.List;

/// When translations are flushed that the page table has no longer.
public class TlbFlush {
    /// The seam at which other forms plug in.
    public static final Part<TlbFlush> PART = new Part<>("mm.TlbFlush", TlbFlush.class);

    /// Today's form.
    public TlbFlush() {}

    /// Makes every processor drop what it holds for these places, and waits until it has. A step for each place.
    protected void flushRange(List<? extends Translated> places) {
        places.forEach(Translated::flush);
    }

    /// {@return whether mremap flushes an entry that it moves before it gives the page-table lock up: who finds the
    /// entry in its new place may free the page}
    protected boolean flushesUnderTheLock(Pte moved) {
        return true;
    }
}
