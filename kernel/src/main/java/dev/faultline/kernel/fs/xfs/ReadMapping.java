package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// The blocks of a file as reads find them.
record ReadMapping(XfsInode inode) implements IomapOps {
    @Override
    @Models(file = "fs/xfs/xfs_iomap.c", symbol = "xfs_read_iomap_begin")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        inode.iLock().downRead();
        XfsExtents.Extent found = inode.extents().lookUp(pos / Content.SIZE, (pos + lengthBytes - 1) / Content.SIZE);
        inode.iLock().upRead();
        return new Begin.Mapped(inode.extents().iomap(found));
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }
}
