package dev.faultline.history.iomap;

import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.lib.Models;

/// Direct I/O up to v6.14: the error that stopped a transfer is not covered up by one of the file system's end of it.
public class DirectIoV614 extends DirectIo {
    /// The form.
    public DirectIoV614() {}

    @Override
    @Models(file = "fs/iomap/iter.c", symbol = "iomap_iter", release = "v6.14")
    protected boolean errorOfEndCounts() {
        return false;
    }
}
