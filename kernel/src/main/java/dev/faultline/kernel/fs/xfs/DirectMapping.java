package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.iomap.DioOps;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// The blocks of a file as one direct write finds them: unwritten ones are allocated where there are none, and hold data
/// when the transfer is over.
final class DirectMapping implements IomapOps, DioOps {
    static final long MAX_WRITEBACK_PAGES = 1024;

    /// What the write may do.
    enum Scope {
        /// Anything.
        ANY,
        /// Write onto blocks that hold data, all in one extent; else -EAGAIN.
        OVERWRITE_ONLY
    }

    private final XfsInode inode;
    private final Scope scope;
    private boolean ontoUnwritten;

    DirectMapping(XfsInode inode, Scope scope) {
        this.inode = inode;
        this.scope = scope;
    }

    @Override
    @Models(file = "fs/xfs/xfs_iomap.c", symbol = "xfs_direct_write_iomap_begin")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long first = pos / Content.SIZE;
        long last = (pos + lengthBytes - 1) / Content.SIZE;
        inode.iLock().downRead();
        XfsExtents.Extent found = inode.extents().lookUp(first, last);
        inode.iLock().upRead();
        boolean allocate = found.type() == Iomap.Type.HOLE || found.type() == Iomap.Type.DELALLOC;
        boolean partOfUnwritten = found.type() == Iomap.Type.UNWRITTEN && (pos | lengthBytes) % Content.SIZE != 0;
        if (scope == Scope.OVERWRITE_ONLY && (allocate || partOfUnwritten || !found.reaches(last))) {
            return new Begin.Failed(Errno.EAGAIN);
        }
        if (allocate) {
            found = writeDirect(first, Math.min(last, first + MAX_WRITEBACK_PAGES - 1));
        }
        ontoUnwritten |= found.type() == Iomap.Type.UNWRITTEN;
        return new Begin.Mapped(inode.extents().iomap(found));
    }

    @Models(file = "fs/xfs/xfs_iomap.c", symbol = "xfs_iomap_write_direct")
    private XfsExtents.Extent writeDirect(long first, long last) {
        inode.iLock().downWrite();
        XfsExtents.Extent allocated = inode.extents().allocate(first, last);
        inode.iLock().upWrite();
        return allocated;
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }

    /// Blocks hold data before the size moves, so that nobody finds unwritten ones inside the file.
    @Override
    @Models(file = "fs/xfs/xfs_file.c", symbol = "xfs_dio_write_end_io")
    public void endIo(long pos, long lengthBytes) {
        if (ontoUnwritten) {
            inode.writeUnwritten(pos, lengthBytes, XfsInode.Sizes.BOTH);
        } else if (movesSize(inode.mapping(), pos + lengthBytes)) {
            inode.setFileSize(pos + lengthBytes);
        }
    }

    /// One step: `i_flags_lock` makes looking and moving one.
    private static boolean movesSize(AddressSpace mapping, long end) {
        mapping.iSize().touch(Access.WRITE);
        boolean moves = end > mapping.iSize().peek();
        mapping.machine().current().learn(moves ? 1 : 0);
        if (moves) {
            mapping.iSize().poke(end);
        }
        return moves;
    }
}
