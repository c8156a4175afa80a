package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.gfs2.Gfs2Inode;
import dev.faultline.kernel.fs.gfs2.GlockHolder;
import dev.faultline.kernel.fs.gfs2.LockState;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.pagecache.ReadFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;

/// gfs2 as the fifth posting of "gfs2: Fix mmap + page fault deadlocks" has it (3 August 2021): the glock is
/// given up before memory is faulted in, all that is left of it at once, and nothing bounds the retries. A
/// direct write starts over from its first byte; a buffered write goes on only if nothing at all was written.
///
/// In the posting the functions that fault in return the bytes faulted *in*; here those that were not, as
/// today, and the tests are turned round.
public final class Gfs2IoPostedV5 extends Gfs2IoV514 {
    /// The form.
    public Gfs2IoPostedV5() {}

    private static TaskStruct current(Gfs2Inode inode) {
        return TaskStruct.current(inode.node().machine());
    }

    private static DirectIo directIo(Gfs2Inode inode) {
        return inode.node().parts().get(DirectIo.PART, DirectIo::new);
    }

    private static boolean stoppedByFault(SysResult result) {
        return result.isPositive() || result.is(Errno.EFAULT);
    }

    private static boolean anyFaultedIn(IovIter iter, boolean forWriting) {
        long all = iter.count();
        return (forWriting ? iter.faultInWriteable(all) : iter.faultInReadable(all)) != all;
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_read", release = "gfs2-page-fault-v5")
    public SysResult directRead(Gfs2Inode inode, Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
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
            read = result.isPositive() ? result.bytes() : read;
            if (to.count() == 0 || !stoppedByFault(result) || !anyFaultedIn(to, true)) {
                return result instanceof SysResult.Err ? result : SysResult.ok(read);
            }
            loop.again(read, to.count());
        }
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_write", release = "gfs2-page-fault-v5")
    public SysResult directWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_direct_write");
        for (;;) {
            GlockHolder holder = inode.glock().nq(LockState.DEFERRED, inode);
            SysResult result = SysResult.ZERO;
            if (iocb.pos() + from.count() <= inode.mapping().iSize().read()) {
                from.setNofault(true);
                result = directIo(inode).rw(iocb, from, inode.blocks(), EnumSet.noneOf(DioFlag.class), 0);
                from.setNofault(false);
            }
            inode.glock().dq(holder);
            if (!result.is(Errno.EFAULT) || from.faultInReadable(from.count()) != 0) {
                return result.is(Errno.ENOTBLK) ? SysResult.ZERO : result;
            }
            loop.again(from.count());
        }
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_read_iter", release = "gfs2-page-fault-v5")
    protected SysResult readUnderGlock(Gfs2Inode inode, Kiocb iocb, IovIter to, long before) {
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_read_iter");
        long read = before;
        for (;;) {
            GlockHolder holder = inode.glock().nq(LockState.SHARED, inode);
            current(inode).pagefaultDisable();
            SysResult result = read(inode, iocb, to, EnumSet.noneOf(ReadFlag.class));
            current(inode).pagefaultEnable();
            inode.glock().dq(holder);
            read += result.bytes();
            if (to.count() == 0 || !stoppedByFault(result) || !anyFaultedIn(to, true)) {
                return read > 0 ? SysResult.ok(read) : result;
            }
            loop.again(read, to.count());
        }
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_buffered_write", release = "gfs2-page-fault-v5")
    public SysResult bufferedWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        RetryLoop loop = inode.node().machine().retryLoop("gfs2_file_buffered_write");
        for (;;) {
            GlockHolder holder = inode.glock().nq(LockState.EXCLUSIVE, inode);
            current(inode).pagefaultDisable();
            SysResult result = write(inode, iocb, from);
            current(inode).pagefaultEnable();
            inode.glock().dq(holder);
            if (!result.is(Errno.EFAULT) || !anyFaultedIn(from, false)) {
                return result;
            }
            loop.again(from.count());
        }
    }
}
