package dev.faultline.history.mm;

import dev.faultline.kernel.mm.SeveralAreas;

/// Up to v6.16: a call of mremap(2) is about one area.
public final class SeveralAreasV616 extends SeveralAreas {
    /// The form.
    public SeveralAreasV616() {}

    @Override
    protected boolean areMoved() {
        return false;
    }
}
