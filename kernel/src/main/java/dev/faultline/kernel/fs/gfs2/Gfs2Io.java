package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.pagecache.ReadFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;

/// The four ways in which gfs2 moves data between files and user memory (fs/gfs2/file.c). None handles a page
/// fault while it holds the glock: it stops short there, gives the glock up, faults the memory in by hand,
/// and goes on where it stopped.
public class Gfs2Io {
    /// The seam at which other forms plug in.
    public static final Part<Gfs2Io> PART = new Part<>("fs.gfs2.Gfs2Io", Gfs2Io.class);

    private static final long MAX_WINDOW = 1 << 20;
    private static final long MIN_WINDOW_PAGES = 8;

    /// Today's form.
    public Gfs2Io() {}

    /// How much to fault in next, and what that was the last time: the locals of
    /// `should_fault_in_pages` that outlive one round.
    private static final class Window {
        long previousCount;
        long sizeBytes;
    }

    /// Says whether to fault memory in and go on, and how much of it.
    @Models(file = "fs/gfs2/file.c", symbol = "should_fault_in_pages")
    private static boolean shouldFaultInPages(IovIter iter, Kiocb iocb, Window window) {
        long count = iter.count();
        if (count == 0 || !iter.isUserBacked()) {
            return false;
        }
        long size = Content.SIZE;
        if (window.previousCount != count) {
            // No more than the task may dirty before it is throttled, else it would sleep with pages gone again.
            int left = TaskStruct.current(iter.memory().machine()).dirtyPagesLeft();
            size = Math.min(MAX_WINDOW, Math.max(left, MIN_WINDOW_PAGES) * Content.SIZE);
        }
        window.previousCount = count;
        window.sizeBytes = size - iocb.pos() % Content.SIZE;
        return true;
    }

    private static boolean isOver(SysResult result) {
        return !result.isPositive() && !result.is(Errno.EFAULT);
    }

    private static TaskStruct current(Gfs2Inode inode) {
        return TaskStruct.current(inode.node().machine());
    }

    private static DirectIo directIo(Gfs2Inode inode) {
        return inode.node().parts().get(DirectIo.PART, DirectIo::new);
    }

    /// Reads past the page cache, under the glock in DEFERRED.
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_read")
    public SysResult directRead(Gfs2Inode inode, Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
        Window window = new Window();
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_direct_read");
        long read = 0;
        for (;;) {
            GlockHolder holder = inode.glock().nq(LockState.DEFERRED, inode);
            current(inode).pagefaultDisable();
            to.setNofault(true);
            SysResult result = directIo(inode).rw(iocb, to, inode.blocks(), EnumSet.of(DioFlag.PARTIAL), read);
            to.setNofault(false);
            current(inode).pagefaultEnable();
            inode.glock().dq(holder);
            if (isOver(result)) {
                return result instanceof SysResult.Err ? result : SysResult.ok(read);
            }
            read = result.isPositive() ? result.bytes() : read; // cumulative
            if (!shouldFaultInPages(to, iocb, window)) {
                return result.isPositive() ? SysResult.ok(read) : result;
            }
            window.sizeBytes -= to.faultInWriteable(window.sizeBytes);
            if (window.sizeBytes <= 0) {
                return result.isPositive() ? SysResult.ok(read) : result;
            }
            loop.again(read, to.count(), window.previousCount, window.sizeBytes);
        }
    }

    /// Writes past the page cache, under the glock in DEFERRED. The caller holds `i_rwsem` for writing.
    ///
    /// @return the bytes written; fewer than asked for, 0 perhaps, if the rest has to go through the cache
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_write")
    public SysResult directWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        Window window = new Window();
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_direct_write");
        long written = 0;
        for (;;) {
            GlockHolder holder = inode.glock().nq(LockState.DEFERRED, inode);
            if (iocb.pos() + from.count() > inode.mapping().iSize().read()) {
                inode.glock().dq(holder);
                return SysResult.ok(written);
            }
            from.setNofault(true);
            SysResult result = directIo(inode).rw(iocb, from, inode.blocks(), EnumSet.of(DioFlag.PARTIAL), written);
            from.setNofault(false);
            inode.glock().dq(holder);
            if (isOver(result)) {
                boolean unsuited = result.is(Errno.ENOTBLK);
                return unsuited ? SysResult.ok(written) : result instanceof SysResult.Err ? result : SysResult.ok(written);
            }
            written = result.isPositive() ? result.bytes() : written; // cumulative
            boolean enoughRetries = enoughRetries(window.previousCount, from.count(), window.sizeBytes);
            if (!shouldFaultInPages(from, iocb, window)) {
                return result.isPositive() ? SysResult.ok(written) : result;
            }
            window.sizeBytes -= from.faultInReadable(window.sizeBytes);
            if (window.sizeBytes <= 0) {
                return result.isPositive() ? SysResult.ok(written) : result;
            }
            if (enoughRetries) {
                return SysResult.ok(written); // writing onto its own source: fall back to the cache
            }
            loop.again(written, from.count(), window.previousCount, window.sizeBytes);
        }
    }

    /// {@return whether a direct write has been retried often enough: nothing was written since the last time,
    /// although a single page was faulted in then}
    protected boolean enoughRetries(long previousCount, long count, long windowBytes) {
        return previousCount == count && windowBytes <= Content.SIZE;
    }

    /// Reads through the page cache: first what is cached, without the glock; then under it in SHARED.
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_buffered_read")
    public SysResult bufferedRead(Gfs2Inode inode, Kiocb iocb, IovIter to) {
        current(inode).pagefaultDisable();
        SysResult cached = read(inode, iocb, to, EnumSet.of(ReadFlag.NOIO));
        current(inode).pagefaultEnable();
        long read = cached.bytes();
        if (to.count() == 0 || cached instanceof SysResult.Err && !cached.is(Errno.EAGAIN) && !cached.is(Errno.EFAULT)) {
            return read > 0 ? SysResult.ok(read) : cached;
        }
        return bufferedReadUnderGlock(inode, iocb, to, read);
    }

    private static SysResult bufferedReadUnderGlock(Gfs2Inode inode, Kiocb iocb, IovIter to, long before) {
        Window window = new Window();
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_read_iter");
        long read = before;
        for (;;) {
            GlockHolder holder = inode.glock().nq(LockState.SHARED, inode);
            current(inode).pagefaultDisable();
            SysResult result = read(inode, iocb, to, EnumSet.noneOf(ReadFlag.class));
            current(inode).pagefaultEnable();
            inode.glock().dq(holder);
            read += result.bytes();
            if (isOver(result) || !shouldFaultInPages(to, iocb, window)) {
                return read > 0 ? SysResult.ok(read) : result;
            }
            window.sizeBytes -= to.faultInWriteable(window.sizeBytes);
            if (window.sizeBytes <= 0) {
                return read > 0 ? SysResult.ok(read) : result;
            }
            loop.again(read, to.count(), window.previousCount, window.sizeBytes);
        }
    }

    /// Reads through the page cache and moves the request on.
    @Models(file = "mm/filemap.c", symbol = "generic_file_read_iter")
    protected static SysResult read(Gfs2Inode inode, Kiocb iocb, IovIter to, EnumSet<ReadFlag> flags) {
        SysResult result = inode.node().filemap().read(inode.mapping(), iocb.pos(), to, flags);
        iocb.setPos(iocb.pos() + result.bytes());
        return result;
    }

    /// Writes through the page cache, under the glock in EXCLUSIVE. The source is faulted in before. The caller
    /// holds `i_rwsem` for writing.
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_buffered_write")
    public SysResult bufferedWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        Window window = new Window();
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_buffered_write");
        long original = from.count();
        long written = 0;
        for (;;) {
            if (shouldFaultInPages(from, iocb, window)) {
                window.sizeBytes -= from.faultInReadable(window.sizeBytes);
                if (window.sizeBytes <= 0) {
                    return written > 0 ? SysResult.ok(written) : SysResult.err(Errno.EFAULT);
                }
                from.truncate(Math.min(from.count(), window.sizeBytes));
            }
            GlockHolder holder = inode.glock().nq(LockState.EXCLUSIVE, inode);
            current(inode).pagefaultDisable();
            SysResult result = write(inode, iocb, from);
            current(inode).pagefaultEnable();
            written += result.bytes();
            inode.glock().dq(holder);
            from.reexpand(original - written);
            if (isOver(result) || from.count() == 0) {
                return written > 0 ? SysResult.ok(written) : result;
            }
            loop.again(written, from.count(), window.previousCount, window.sizeBytes);
        }
    }

    /// Writes through the page cache and moves the request and the size on the disk on. The caller holds the
    /// glock in EXCLUSIVE.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_file_buffered_write")
    protected static SysResult write(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        BufferedIo buffered = inode.node().parts().get(BufferedIo.PART, BufferedIo::new);
        SysResult result = buffered.write(inode.node(), inode.mapping(), from, iocb.pos(), inode.blocks());
        iocb.setPos(iocb.pos() + result.bytes());
        inode.updateSizeOnDisk();
        return result;
    }
}
