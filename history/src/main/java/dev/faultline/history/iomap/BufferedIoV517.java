package dev.faultline.history.iomap;

import dev.faultline.kernel.iomap.BufferedIo;

/// Buffered writes up to v5.17: a chunk of which any byte cannot be faulted in is not written at all.
public final class BufferedIoV517 extends BufferedIo {
    /// The form.
    public BufferedIoV517() {}

    @Override
    protected boolean mayCopy(long asked, long missing) {
        return missing == 0;
    }
}
