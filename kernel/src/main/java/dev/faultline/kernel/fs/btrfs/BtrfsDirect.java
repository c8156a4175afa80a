package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.btrfs.OrderedExtents.Ordered;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// Direct reads and writes (fs/btrfs/direct-io.c). Neither handles a page fault: where memory is not there, the request
/// stops, the memory is faulted in by hand, and it goes on; where that does not help, the rest goes through the cache.
public class BtrfsDirect {
    /// The seam at which other forms plug in.
    public static final Part<BtrfsDirect> PART = new Part<>("fs.btrfs.BtrfsDirect", BtrfsDirect.class);

    /// Today's form.
    public BtrfsDirect() {}

    // ---- what earlier forms did otherwise ----

    /// {@return whether data with checksums is written through the cache, where nobody can change it meanwhile}
    protected boolean checksumsGoThroughTheCache() {
        return true;
    }

    /// {@return whether a read holds the lock of ranges until it is over, and not the one of direct ranges}
    protected boolean readsHoldTheExtentLock() {
        return false;
    }

    /// {@return whether page faults are handled by hand}
    protected boolean faultsInByHand() {
        return true;
    }

    private EnumSet<DioFlag> flags() {
        return faultsInByHand() ? EnumSet.of(DioFlag.PARTIAL, DioFlag.FORCE_WAIT) : EnumSet.of(DioFlag.FORCE_WAIT);
    }

    private static DirectIo directIo(BtrfsInode inode) {
        return inode.node().parts().get(DirectIo.PART, DirectIo::new);
    }

    /// {@return whether position and memory lie at whole blocks; else the request goes through the cache}
    @Models(file = "fs/btrfs/direct-io.c", symbol = "check_direct_IO")
    private static boolean isAligned(IovIter iter, long pos) {
        long bits = pos;
        for (Segment segment : iter.segments()) {
            bits |= segment.address() | segment.lengthBytes();
        }
        return bits % Content.SIZE == 0;
    }

    // ---- read ----

    /// {@return the bytes read, fewer than asked for if the rest is to be read through the cache}
    @Models(file = "fs/btrfs/direct-io.c", symbol = "btrfs_direct_read")
    public SysResult directRead(BtrfsInode inode, Kiocb iocb, IovIter to) {
        if (!isAligned(to, iocb.pos())) {
            return SysResult.ZERO;
        }
        inode.iRwsem().downRead();
        SysResult result = faultsInByHand() ? readAndFaultIn(inode, iocb, to)
                : directIo(inode).rw(iocb, to, new Extents(inode, false), flags(), 0);
        inode.iRwsem().upRead();
        return result;
    }

    private SysResult readAndFaultIn(BtrfsInode inode, Kiocb iocb, IovIter to) {
        TaskStruct task = TaskStruct.current(inode.node().machine());
        RetryLoop loop = inode.node().machine().retryLoop("btrfs_direct_read");
        long read = 0;
        long previousLeft = 0;
        for (;;) {
            task.pagefaultDisable(); // zeroes of a hole are copied
            to.setNofault(true);
            SysResult result = directIo(inode).rw(iocb, to, new Extents(inode, false), flags(), read);
            to.setNofault(false);
            task.pagefaultEnable();
            read = result.isPositive() ? result.bytes() : read; // cumulative
            boolean stopped = result.is(Errno.EFAULT) || result.isPositive();
            if (to.count() == 0 || !stopped) {
                return result instanceof SysResult.Err ? result : SysResult.ok(read);
            }
            if (to.count() == previousLeft) {
                return SysResult.ok(read); // nothing was read since the last time
            }
            previousLeft = to.count();
            to.faultInWriteable(previousLeft);
            loop.again(read, previousLeft);
        }
    }

    // ---- write ----

    @Models(file = "fs/btrfs/direct-io.c", symbol = "btrfs_direct_write")
    public SysResult directWrite(BtrfsInode inode, Kiocb iocb, IovIter from) {
        boolean shared = iocb.pos() + from.count() <= inode.mapping().iSize().read() && !iocb.isAppend();
        boolean locked = false;
        while (!locked) {
            lock(inode, shared);
            Optional<Errno> refused = iocb.writeChecks(from);
            if (refused.isPresent() || from.count() == 0) {
                unlock(inode, shared);
                return refused.map(SysResult::err).orElse(SysResult.ZERO);
            }
            locked = !shared || iocb.pos() + from.count() <= inode.mapping().iSize().read();
            if (!locked) {
                unlock(inode, true);
                shared = false;
            }
        }
        Optional<Errno> refused = inode.file().writeCheck(iocb);
        if (refused.isPresent()) {
            unlock(inode, shared);
            return SysResult.err(refused.get());
        }
        boolean direct = isAligned(from, iocb.pos())
                && !(checksumsGoThroughTheCache() && inode.fileSystem().hasChecksums());
        SysResult result = !direct ? SysResult.ZERO : faultsInByHand() ? writeAndFaultIn(inode, iocb, from)
                : directIo(inode).rw(iocb, from, new Extents(inode, true), flags(), 0);
        unlock(inode, shared);
        if (result instanceof SysResult.Err && !result.is(Errno.ENOTBLK) || from.count() == 0) {
            return result;
        }
        return inode.file().bufferedRest(iocb, from, result.bytes());
    }

    private static void lock(BtrfsInode inode, boolean shared) {
        if (shared) {
            inode.iRwsem().downRead();
        } else {
            inode.iRwsem().downWrite();
        }
    }

    private static void unlock(BtrfsInode inode, boolean shared) {
        if (shared) {
            inode.iRwsem().upRead();
        } else {
            inode.iRwsem().upWrite();
        }
    }

    /// {@return the bytes written; the caller writes what is left through the cache unless that is an error}
    private SysResult writeAndFaultIn(BtrfsInode inode, Kiocb iocb, IovIter from) {
        RetryLoop loop = inode.node().machine().retryLoop("btrfs_direct_write");
        long written = 0;
        long previousLeft = 0;
        for (;;) {
            from.setNofault(true);
            SysResult result = directIo(inode).rw(iocb, from, new Extents(inode, true), flags(), written);
            from.setNofault(false);
            written = result.isPositive() ? result.bytes() : written; // cumulative
            boolean stopped = result.is(Errno.EFAULT) || result.isPositive();
            if (from.count() == 0 || !stopped) {
                return result instanceof SysResult.Err && !result.is(Errno.ENOTBLK) ? result : SysResult.ok(written);
            }
            if (from.count() == previousLeft) {
                return SysResult.ok(written); // nothing was written since the last time
            }
            previousLeft = from.count();
            from.faultInReadable(previousLeft);
            loop.again(written, previousLeft);
        }
    }

    // ---- extents ----

    /// The extents of one request, with the locks that it holds on them.
    private final class Extents implements IomapOps {
        private final BtrfsInode inode;
        private final boolean write;
        private Optional<Ordered> ordered = Optional.empty();

        Extents(BtrfsInode inode, boolean write) {
            this.inode = inode;
            this.write = write;
        }

        @Override
        @Models(file = "fs/btrfs/direct-io.c", symbol = "btrfs_dio_iomap_begin")
        public Begin begin(long pos, long lengthBytes, Purpose purpose) {
            long first = pos / Content.SIZE;
            long last = RangeLock.lastPage(pos, lengthBytes);
            Optional<Errno> busy = lockExtentDirect(first, last);
            if (busy.isPresent()) {
                return new Begin.Failed(busy.get());
            }
            long block = inode.getExtent(first);
            long pages = 1;
            while (!write && first + pages <= last && follows(block, pages, inode.onDisk().block(first + pages))) {
                pages++;
            }
            if (write) {
                Ordered added = inode.newOrdered(first, last, true);
                ordered = Optional.of(added);
                block = added.firstBlock();
                pages = last - first + 1;
                inode.dioLock().unlock(first, last);
            }
            unlockWhatIsNotRead(first, first + pages - 1, last);
            return new Begin.Mapped(new Iomap(block == DiskInode.HOLE ? Iomap.Type.HOLE : Iomap.Type.MAPPED,
                    first * Content.SIZE, pages * Content.SIZE, inode.device(),
                    Math.max(block, 0) * Content.SIZE));
        }

        private static boolean follows(long first, long pages, long block) {
            return block == (first == DiskInode.HOLE ? first : first + pages);
        }

        private void unlockWhatIsNotRead(long first, long lastRead, long last) {
            if (write || !readsHoldTheExtentLock()) {
                inode.extentLock().unlock(first, last);
            } else if (lastRead < last) {
                inode.extentLock().unlock(lastRead + 1, last);
            }
            if (!write && lastRead < last) {
                inode.dioLock().unlock(lastRead + 1, last);
            }
        }

        /// Locks a range in which nothing is being written, and for a write nothing is cached.
        ///
        /// @return -ENOTBLK if the request has to go through the cache
        @Models(file = "fs/btrfs/direct-io.c", symbol = "lock_extent_direct")
        private Optional<Errno> lockExtentDirect(long first, long last) {
            RetryLoop loop = inode.node().machine().retryLoop("lock_extent_direct");
            inode.dioLock().lock(first, last);
            for (;;) {
                inode.extentLock().lock(first, last);
                Optional<Ordered> writing = inode.ordered().lookup(first, last);
                if (writing.isEmpty() && !(write && hasPage(first, last))) {
                    return Optional.empty();
                }
                inode.extentLock().unlock(first, last);
                if (writing.isEmpty() || !write && !writing.get().direct()) {
                    inode.dioLock().unlock(first, last);
                    return Optional.of(Errno.ENOTBLK);
                }
                inode.ordered().await(writing.get());
                loop.again();
            }
        }

        @Models(file = "mm/filemap.c", symbol = "filemap_range_has_page")
        private boolean hasPage(long first, long last) {
            for (long index = first; index <= last; index++) {
                if (inode.mapping().isCached(index)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        @Models(file = "fs/btrfs/direct-io.c", symbol = "btrfs_dio_iomap_end")
        public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
            if (ordered.isPresent()) {
                if (written > 0) {
                    inode.extendTo(pos + written);
                }
                inode.finishOrdered(ordered.get(), written / Content.SIZE);
                ordered = Optional.empty();
                return restInCache(written, lengthBytes);
            }
            long first = pos / Content.SIZE;
            long last = RangeLock.lastPage(pos, lengthBytes);
            if (readsHoldTheExtentLock()) {
                inode.extentLock().unlock(first, last);
            }
            inode.dioLock().unlock(first, last);
            return iomap.type() == Iomap.Type.HOLE ? Optional.empty() : restInCache(written, lengthBytes);
        }

        private static Optional<Errno> restInCache(long written, long lengthBytes) {
            return written < lengthBytes ? Optional.of(Errno.ENOTBLK) : Optional.empty();
        }
    }
}
