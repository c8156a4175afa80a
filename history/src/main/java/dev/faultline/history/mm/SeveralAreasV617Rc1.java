package dev.faultline.history.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.SeveralAreas;
import dev.faultline.kernel.mm.Vma;

/// In v6.17-rc1: an area that cannot be moved with others is moved, if it is the first, and only then the call fails.
public final class SeveralAreasV617Rc1 extends SeveralAreas {
    /// The form.
    public SeveralAreasV617Rc1() {}

    @Override
    @Models(file = "mm/mremap.c", symbol = "remap_move", release = "v6.17-rc1")
    protected boolean refuses(Vma before, Vma vma, long end) {
        return before != vma && (isServed(before) || isServed(vma));
    }
}
