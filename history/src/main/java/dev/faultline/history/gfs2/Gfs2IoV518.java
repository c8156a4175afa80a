package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.gfs2.Gfs2Io;
import dev.faultline.kernel.lib.Models;

/// gfs2 from v5.18 to v6.3: a direct write goes on faulting in its source for ever, however often that
/// did not help.
public final class Gfs2IoV518 extends Gfs2Io {
    /// The form.
    public Gfs2IoV518() {}

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_write", release = "v5.18")
    protected boolean enoughRetries(long previousCount, long count, long windowBytes) {
        return false;
    }
}
