package dev.faultline.history.btrfs;

import dev.faultline.kernel.fs.btrfs.BtrfsDirect;

/// Direct I/O from v6.12 to v6.14: data with checksums is written directly as well.
public class BtrfsDirectV614 extends BtrfsDirect {
    /// The form.
    public BtrfsDirectV614() {}

    @Override
    protected boolean checksumsGoThroughTheCache() {
        return false;
    }
}
