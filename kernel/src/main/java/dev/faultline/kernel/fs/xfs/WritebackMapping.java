package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// The blocks of a file as writing one page back finds them: what was promised is found now, and holds data when the
/// page is on disk.
record WritebackMapping(XfsInode inode) implements IomapOps {
    @Override
    @Models(file = "fs/xfs/xfs_aops.c", symbol = "xfs_map_blocks")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long index = pos / Content.SIZE;
        inode.iLock().downRead();
        XfsExtents.Extent found = inode.extents().lookUp(index, index);
        inode.iLock().upRead();
        return new Begin.Mapped(inode.extents().iomap(found.type() == Iomap.Type.DELALLOC ? convert(index) : found));
    }

    @Models(file = "fs/xfs/libxfs/xfs_bmap.c", symbol = "xfs_bmapi_convert_delalloc")
    private XfsExtents.Extent convert(long index) {
        inode.iLock().downWrite();
        XfsExtents.Extent found = inode.extents().allocateDelayed(index);
        inode.iLock().upWrite();
        return found;
    }

    @Override
    @Models(file = "fs/xfs/xfs_aops.c", symbol = "xfs_end_ioend_write")
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        if (iomap.type() == Iomap.Type.UNWRITTEN) {
            inode.writeUnwritten(pos, written, XfsInode.Sizes.ON_DISK);
        } else if (pos + written > inode.extents().sizeOnDisk()) {
            inode.setFileSize(pos + written);
        }
        return Optional.empty();
    }
}
