package dev.faultline.kernel.fs.ext4;

import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// The blocks of a file, as far as ext4 can number them.
///
/// @param blocks all of them
record BlocksInReach(IomapOps blocks) implements IomapOps {
    private static final long EXT4_MAX_LOGICAL_BLOCK = 0xffff_fffeL;

    @Override
    @Models(file = "fs/ext4/inode.c", symbol = "ext4_iomap_begin")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long reach = (EXT4_MAX_LOGICAL_BLOCK + 1) * Content.SIZE - pos;
        return reach <= 0 ? new Begin.Failed(Errno.EINVAL) : blocks.begin(pos, Math.min(lengthBytes, reach), purpose);
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return blocks.end(pos, lengthBytes, written, iomap, purpose);
    }
}
