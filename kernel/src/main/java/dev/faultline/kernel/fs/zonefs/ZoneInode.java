package dev.faultline.kernel.fs.zonefs;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioOps;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import java.util.Optional;

/// A zone, as a file. All its blocks are there from the start, one behind the other; they hold data up to the size.
final class ZoneInode extends CachedInode implements DioOps {
    /// How much a zone can hold.
    static final long CAPACITY_BYTES = 4 * Content.SIZE;

    private final Disk disk;
    private final DiskInode onDisk;
    private final long firstBlock;
    private final Mutex truncateMutex;
    private final Cell wpOffset;
    private final ZoneFile operations;

    ZoneInode(Node node, Disk disk, DiskInode onDisk) {
        super(node, onDisk.path(), onDisk.sizeBytes());
        this.disk = disk;
        this.onDisk = onDisk;
        this.firstBlock = zone(disk, onDisk);
        this.truncateMutex = new Mutex(node.machine(), "i_truncate_mutex", onDisk.path());
        this.wpOffset = new Cell(node.machine(), "z_wpoffset", onDisk.path(), onDisk.sizeBytes());
        this.operations = new ZoneFile(this);
    }

    /// {@return the first block of the zone, which goes on from the blocks that the file was made with}
    private static long zone(Disk disk, DiskInode onDisk) {
        long first = onDisk.block(0);
        for (long index = 0; index * Content.SIZE < CAPACITY_BYTES; index++) {
            if (onDisk.block(index) == DiskInode.HOLE) {
                long block = disk.device().format((byte) 0);
                onDisk.setBlock(index, block);
                first = index == 0 ? block : first;
            }
        }
        return first;
    }

    static boolean isConventional(String path) {
        return path.startsWith("cnv/");
    }

    @Models(file = "fs/zonefs/zonefs.h", symbol = "zonefs_inode_is_seq")
    boolean isSequential() {
        return !isConventional(onDisk.path());
    }

    /// {@return the lock of the size and of the write pointer}
    Mutex truncateMutex() {
        return truncateMutex;
    }

    /// {@return where the zone is written next, in bytes; guarded by [#truncateMutex]}
    Cell wpOffset() {
        return wpOffset;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    private IomapOps.Begin mapped(Iomap.Type type, long offset, long lengthBytes) {
        return new IomapOps.Begin.Mapped(
                new Iomap(type, offset, lengthBytes, disk.device(), firstBlock * Content.SIZE + offset));
    }

    private long size() {
        truncateMutex.lock();
        long size = mapping().iSize().read();
        truncateMutex.unlock();
        return size;
    }

    /// {@return the zone as reads find it: nothing behind the size}
    IomapOps forReading() {
        return new Zone() {
            @Override
            @Models(file = "fs/zonefs/file.c", symbol = "zonefs_read_iomap_begin")
            public Begin begin(long pos, long lengthBytes, Purpose purpose) {
                long offset = pos - pos % Content.SIZE;
                long size = size();
                return offset >= size ? mapped(Iomap.Type.HOLE, offset, lengthBytes + pos - offset)
                        : mapped(Iomap.Type.MAPPED, offset, size - offset);
            }
        };
    }

    /// {@return the zone as writes find it: blocks without data behind the size}
    IomapOps forWriting() {
        return new Zone() {
            @Override
            @Models(file = "fs/zonefs/file.c", symbol = "zonefs_write_iomap_begin")
            public Begin begin(long pos, long lengthBytes, Purpose purpose) {
                if (pos + lengthBytes > CAPACITY_BYTES) {
                    return new Begin.Failed(Errno.EIO);
                }
                long offset = pos - pos % Content.SIZE;
                long size = size();
                return offset >= size ? mapped(Iomap.Type.UNWRITTEN, offset, CAPACITY_BYTES - offset)
                        : mapped(Iomap.Type.MAPPED, offset, size - offset);
            }
        };
    }

    /// Nothing is to be done when a range was dealt with.
    private abstract static class Zone implements IomapOps {
        @Override
        public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }
    }

    /// Moves the size of a sequential zone to the end of what was written.
    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_file_write_dio_end_io")
    public void endIo(long pos, long lengthBytes) {
        if (isSequential()) {
            truncateMutex.lock();
            if (mapping().iSize().read() < pos + lengthBytes) {
                setSize(pos + lengthBytes);
            }
            truncateMutex.unlock();
        }
    }

    private void setSize(long sizeBytes) {
        mapping().iSize().write(sizeBytes);
        onDisk.setSizeBytes(sizeBytes);
    }

    /// Empties the zone, or finishes it without writing the rest. The caller holds `invalidate_lock` for writing and
    /// [#truncateMutex].
    @Models(file = "fs/zonefs/super.c", symbol = "zonefs_inode_zone_mgmt")
    void manage(long sizeBytes) {
        for (long index = 0; sizeBytes == 0 && index * Content.SIZE < CAPACITY_BYTES; index++) {
            disk.device().block(firstBlock + index).zero();
        }
        setSize(sizeBytes);
        Truncate.truncatePagecache(mapping(), sizeBytes);
        wpOffset.write(sizeBytes);
    }

    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_read_folio")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return BufferedIo.readFolio(folio, forReading());
    }

    @Override
    @Models(file = "fs/zonefs/file.c", symbol = "zonefs_writepages")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return BufferedIo.writeFolio(space, folio, forWriting());
    }
}
