package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.gfs2.Gfs2Inode;
import dev.faultline.kernel.fs.gfs2.GlockHolder;
import dev.faultline.kernel.fs.gfs2.LockState;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import java.util.ArrayDeque;
import java.util.Optional;

/// Maps extents for buffered writes as gfs2 did up to v5.15: each extent is written under the glock in
/// EXCLUSIVE, from before its mapping is looked up until after it was written.
final class LockedExtents implements IomapOps {
    private final Gfs2Inode inode;
    private final ArrayDeque<GlockHolder> held = new ArrayDeque<>(1);

    LockedExtents(Gfs2Inode inode) {
        this.inode = inode;
    }

    @Override
    @Models(file = "fs/gfs2/bmap.c", symbol = "gfs2_iomap_begin", release = "v5.14")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        held.push(inode.glock().nq(LockState.EXCLUSIVE, inode));
        return inode.blocks().begin(pos, lengthBytes, purpose);
    }

    @Override
    @Models(file = "fs/gfs2/bmap.c", symbol = "gfs2_iomap_end", release = "v5.14")
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        Optional<Errno> error = inode.blocks().end(pos, lengthBytes, written, iomap, purpose);
        inode.updateSizeOnDisk();
        inode.glock().dq(held.pop());
        return error;
    }
}
