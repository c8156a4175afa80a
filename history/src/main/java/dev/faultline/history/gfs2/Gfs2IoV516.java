package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.gfs2.Gfs2Inode;
import dev.faultline.kernel.fs.gfs2.GlockHolder;
import dev.faultline.kernel.fs.gfs2.LockState;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.pagecache.ReadFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;

/// gfs2 from v5.16 to v5.17, and in the sixth posting of the series: memory is faulted in with the glock held
/// weakly ([AutoDemotingGlock]). Whoever loses it meanwhile returns what a buffered request has so far.
public final class Gfs2IoV516 extends Gfs2IoV514 {
    private static final int MAX_PAGES = 256;
    private static final int DIRTIED_PAUSE_PAGES = 32;

    private final boolean givesUp;
    private final boolean clips;

    private Gfs2IoV516(boolean givesUp, boolean clips) {
        this.givesUp = givesUp;
        this.clips = clips;
    }

    /// {@return the form that was merged: one page at a time, without end}
    public static Gfs2IoV516 asMerged() {
        return new Gfs2IoV516(false, false);
    }

    /// {@return the form of the release: as merged, and a buffered write goes on with no more than was faulted in}
    public static Gfs2IoV516 asReleased() {
        return new Gfs2IoV516(false, true);
    }

    /// {@return the form of the sixth posting: many pages first, then one, then no more}
    public static Gfs2IoV516 asPosted() {
        return new Gfs2IoV516(true, false);
    }

    /// One request, with the locals that outlive a round.
    private final class Request {
        private final Gfs2Inode inode;
        private final IovIter iter;
        private final LockState state;
        private final boolean forWriting;
        private final AutoDemotingGlock glock;
        private final RetryLoop loop;
        private GlockHolder holder;
        private long previousCount;
        private long windowBytes;
        private long done;

        Request(Gfs2Inode inode, IovIter iter, LockState state, boolean forWriting, String site) {
            this.inode = inode;
            this.iter = iter;
            this.state = state;
            this.forWriting = forWriting;
            this.glock = (AutoDemotingGlock) inode.glock();
            this.loop = inode.node().machine().retryLoop(site);
            this.holder = glock.nq(state, inode);
        }

        /// Faults memory in where that may help.
        ///
        /// @return whether to go on; [#isHeld] says whether the glock is still there
        boolean faultedIn(SysResult result) {
            if (!shouldFaultInPages(result)) {
                return false;
            }
            glock.allowDemote(holder);
            long missing = forWriting ? iter.faultInWriteable(windowBytes) : iter.faultInReadable(windowBytes);
            glock.disallowDemote(holder);
            if (missing == windowBytes) {
                return false;
            }
            windowBytes -= missing;
            loop.again(done, iter.count(), previousCount, windowBytes);
            return true;
        }

        @Models(file = "fs/gfs2/file.c", symbol = "should_fault_in_pages", release = "v5.16")
        private boolean shouldFaultInPages(SysResult result) {
            long count = iter.count();
            if (count == 0 || !result.isPositive() && !result.is(Errno.EFAULT)) {
                return false;
            }
            long offset = iter.address() % Content.SIZE;
            long onePage = Content.SIZE - offset;
            if (givesUp && previousCount != count) {
                long pages = Math.min(Math.min(MAX_PAGES, DIRTIED_PAUSE_PAGES),
                        (offset + count + Content.SIZE - 1) / Content.SIZE);
                windowBytes = pages * Content.SIZE - offset;
            } else if (givesUp && windowBytes <= onePage) {
                return false;
            } else {
                windowBytes = onePage;
            }
            previousCount = count;
            return true;
        }

        boolean isHeld() {
            return holder.isQueued();
        }

        void reacquire() {
            holder = glock.nq(state, inode);
        }

        void end() {
            if (isHeld()) {
                glock.dq(holder);
            }
        }
    }

    private static TaskStruct current(Gfs2Inode inode) {
        return TaskStruct.current(inode.node().machine());
    }

    private static DirectIo directIo(Gfs2Inode inode) {
        return inode.node().parts().get(DirectIo.PART, DirectIo::new);
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_read", release = "v5.16")
    public SysResult directRead(Gfs2Inode inode, Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
        Request request = new Request(inode, to, LockState.DEFERRED, true, "gfs2_file_direct_read");
        for (;;) {
            current(inode).pagefaultDisable();
            to.setNofault(true);
            SysResult result = directIo(inode).rw(iocb, to, inode.blocks(), EnumSet.of(DioFlag.PARTIAL), request.done);
            to.setNofault(false);
            current(inode).pagefaultEnable();
            request.done = result.isPositive() ? result.bytes() : request.done;
            if (!request.faultedIn(result)) {
                request.end();
                return result instanceof SysResult.Err ? result : SysResult.ok(request.done);
            }
            if (!request.isHeld()) {
                request.reacquire();
            }
        }
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_write", release = "v5.16")
    public SysResult directWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        Request request = new Request(inode, from, LockState.DEFERRED, false, "gfs2_file_direct_write");
        for (;;) {
            if (iocb.pos() + from.count() > inode.mapping().iSize().read()) {
                request.end();
                return SysResult.ok(request.done);
            }
            from.setNofault(true);
            SysResult result = directIo(inode).rw(iocb, from, inode.blocks(), EnumSet.of(DioFlag.PARTIAL), request.done);
            from.setNofault(false);
            if (result.is(Errno.ENOTBLK)) {
                result = SysResult.ZERO;
            }
            request.done = result.isPositive() ? result.bytes() : request.done;
            if (!request.faultedIn(result)) {
                request.end();
                return result instanceof SysResult.Err ? result : SysResult.ok(request.done);
            }
            if (!request.isHeld()) {
                request.reacquire();
            }
        }
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_read_iter", release = "v5.16")
    protected SysResult readUnderGlock(Gfs2Inode inode, Kiocb iocb, IovIter to, long before) {
        Request request = new Request(inode, to, LockState.SHARED, true, "gfs2_file_read_iter");
        request.done = before;
        for (;;) {
            current(inode).pagefaultDisable();
            SysResult result = read(inode, iocb, to, EnumSet.noneOf(ReadFlag.class));
            current(inode).pagefaultEnable();
            request.done += result.bytes();
            boolean goOn = request.faultedIn(result);
            if (!goOn || !request.isHeld() && request.done > 0) {
                request.end();
                return request.done > 0 ? SysResult.ok(request.done) : result;
            }
            if (!request.isHeld()) {
                request.reacquire();
            }
        }
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_buffered_write", release = "v5.16")
    public SysResult bufferedWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        long original = from.count();
        Request request = new Request(inode, from, LockState.EXCLUSIVE, false, "gfs2_file_buffered_write");
        for (;;) {
            current(inode).pagefaultDisable();
            SysResult result = write(inode, iocb, from);
            current(inode).pagefaultEnable();
            request.done += result.bytes();
            from.reexpand(original - request.done);
            boolean goOn = request.faultedIn(result);
            if (!goOn || !request.isHeld() && request.done > 0) {
                request.end();
                return request.done > 0 ? SysResult.ok(request.done) : result;
            }
            if (clips) {
                from.truncate(request.windowBytes);
            }
            if (!request.isHeld()) {
                request.reacquire();
            }
        }
    }
}
