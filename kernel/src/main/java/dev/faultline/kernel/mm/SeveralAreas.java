package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;

/// Whether one call of mremap(2) may move several areas.
public class SeveralAreas {
    /// The seam at which other forms plug in.
    public static final Part<SeveralAreas> PART = new Part<>("mm.SeveralAreas", SeveralAreas.class);

    /// Today's form.
    public SeveralAreas() {}

    /// {@return whether a range that only moves may be of more than one area}
    protected boolean areMoved() {
        return true;
    }

    /// {@return whether an area of a range cannot be moved} An area whose faults a program serves moves alone: who
    /// moves it has to give `mmap_lock` up, to wait until the program has read of it.
    ///
    /// @param before the area before it in the range; the area itself if it is the first
    /// @param end    where the range ends
    @Models(file = "mm/mremap.c", symbol = "remap_move")
    protected boolean refuses(Vma before, Vma vma, long end) {
        return isServed(vma) && (before != vma || vma.end() < end);
    }

    /// {@return whether a program serves the faults of the area}
    protected static boolean isServed(Vma vma) {
        return vma.userfault().isPresent();
    }
}
