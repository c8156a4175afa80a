package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;
import java.util.TreeSet;

/// The blocks of a file as one buffered write, a fault or zeroing finds them. A write promises blocks for holes.
final class BufferedMapping implements IomapOps {
    private final XfsInode inode;
    private boolean isNew;

    BufferedMapping(XfsInode inode) {
        this.inode = inode;
    }

    @Override
    @Models(file = "fs/xfs/xfs_iomap.c", symbol = "xfs_buffered_write_iomap_begin")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long first = pos / Content.SIZE;
        long last = (pos + lengthBytes - 1) / Content.SIZE;
        inode.iLock().downWrite();
        XfsExtents.Extent found = inode.extents().lookUp(first, last);
        isNew = purpose == Purpose.WRITE && found.type() == Iomap.Type.HOLE;
        if (isNew) {
            found = inode.extents().reserve(first, Math.min(last, first + DirectMapping.MAX_WRITEBACK_PAGES - 1));
        }
        inode.iLock().upWrite();
        return new Begin.Mapped(inode.extents().iomap(found));
    }

    /// Takes back what was promised to a write that came to less, except for pages that have come to hold data
    /// otherwise.
    @Override
    @Models(file = "fs/xfs/xfs_iomap.c", symbol = "xfs_buffered_write_iomap_end")
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        long first = written == 0 ? pos / Content.SIZE : Content.pages(pos + written);
        long last = (pos + lengthBytes - 1) / Content.SIZE;
        if (!isNew || first > last) {
            return Optional.empty();
        }
        AddressSpace mapping = inode.mapping();
        mapping.invalidateLock().downWrite();
        TreeSet<Long> withData = new TreeSet<>();
        long cached = Math.min(last, mapping.lastIndex());
        for (long index = mapping.nextIndex(first); index <= cached; index = mapping.nextIndex(index + 1)) {
            if (hasData(mapping, index)) {
                withData.add(index);
            }
        }
        inode.iLock().downWrite();
        inode.extents().punchDelayed(first, last, index -> !withData.contains(index));
        inode.iLock().upWrite();
        mapping.invalidateLock().upWrite();
        return Optional.empty();
    }

    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_write_delalloc_scan")
    private static boolean hasData(AddressSpace mapping, long index) {
        Optional<Folio> folio = mapping.getFolio(index);
        boolean data = folio.isPresent() && folio.get().flags().readBits(Folio.UPTODATE | Folio.DIRTY) != 0;
        folio.ifPresent(Folio::put);
        return data;
    }
}
