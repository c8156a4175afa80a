package dev.faultline.kernel.iomap;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;

/// Looking for data and holes in the blocks of a file (fs/iomap/seek.c).
public final class Seek {
    private Seek() {}

    /// {@return the first byte from `offset` on that is as sought; -ENXIO if `offset` is not in the file, or no data is behind
    /// it} Unwritten blocks are data where a page of them is cached.
    @Models(file = "fs/iomap/seek.c", symbol = "iomap_seek_data")
    public static SysResult seek(AddressSpace mapping, IomapOps operations, Sought sought, long offset) {
        long size = mapping.iSize().read();
        if (offset < 0 || offset >= size) {
            return SysResult.err(Errno.ENXIO);
        }
        for (long pos = offset; pos < size;) {
            IomapOps.Begin begun = operations.begin(pos, size - pos, IomapOps.Purpose.LOOK_UP);
            if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
                return SysResult.err(((IomapOps.Begin.Failed) begun).errno());
            }
            long end = iomap.lengthBytes() > size - iomap.offset() ? size : iomap.offset() + iomap.lengthBytes();
            long found = switch (iomap.type()) {
                case HOLE -> sought == Sought.HOLE ? pos : end;
                case UNWRITTEN -> sought.inCache(mapping, pos, end);
                default -> sought == Sought.DATA ? pos : end;
            };
            if (found < end) {
                return SysResult.ok(found);
            }
            pos = end;
        }
        return sought == Sought.HOLE ? SysResult.ok(size) : SysResult.err(Errno.ENXIO);
    }
}
