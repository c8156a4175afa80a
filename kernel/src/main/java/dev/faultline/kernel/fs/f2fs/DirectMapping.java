package dev.faultline.kernel.fs.f2fs;

import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// The blocks of a file as direct I/O finds them. None is allocated: a write that meets a hole, or a block that is only
/// promised, has to go through the cache.
///
/// @param blocks all of them
record DirectMapping(IomapOps blocks, boolean write) implements IomapOps {
    @Override
    @Models(file = "fs/f2fs/data.c", symbol = "f2fs_iomap_begin")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        Begin found = blocks.begin(pos, lengthBytes, Purpose.LOOK_UP);
        return found instanceof Begin.Mapped(Iomap iomap) && iomap.type() == Iomap.Type.DELALLOC
                ? new Begin.Mapped(iomap.as(write ? Iomap.Type.HOLE : Iomap.Type.UNWRITTEN)) : found;
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }
}
