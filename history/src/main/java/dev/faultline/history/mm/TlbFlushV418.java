package dev.faultline.history.mm;

import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TlbFlush;

/// v4.9 to v4.18: mremap flushes translations of clean pages when it has moved everything. In between a truncation
/// can free a page that it finds in its new place, while processors still use it at the old one.
public final class TlbFlushV418 extends TlbFlush {
    @Override
    protected boolean flushesUnderTheLock(Pte moved) {
        return moved instanceof Pte.Present present && present.dirty();
    }
}
