package dev.faultline.history.iomap;

import dev.faultline.kernel.lib.Models;

/// Direct I/O up to v5.19: the program's memory has to be aligned as the disk is.
public class DirectIoV519 extends DirectIoV614 {
    /// The form.
    public DirectIoV519() {}

    @Override
    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_bio_iter", release = "v5.19")
    protected int memoryAlignment(int logicalBlockBytes) {
        return logicalBlockBytes;
    }
}
