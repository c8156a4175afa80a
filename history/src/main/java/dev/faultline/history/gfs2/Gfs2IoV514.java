package dev.faultline.history.gfs2;

import dev.faultline.history.iomap.DirectIoV514;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.gfs2.Gfs2Inode;
import dev.faultline.kernel.fs.gfs2.Gfs2Io;
import dev.faultline.kernel.fs.gfs2.GlockHolder;
import dev.faultline.kernel.fs.gfs2.LockState;
import dev.faultline.kernel.iomap.BufferedIo;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.ReadFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;

/// gfs2 up to v5.15: user memory is touched, and may fault, while the glock is held.
public class Gfs2IoV514 extends Gfs2Io {
    /// The form.
    public Gfs2IoV514() {}

    private static DirectIo directIo(Gfs2Inode inode) {
        return inode.node().parts().get(DirectIo.PART, DirectIoV514::new);
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_read", release = "v5.14")
    public SysResult directRead(Gfs2Inode inode, Kiocb iocb, IovIter to) {
        if (to.count() == 0) {
            return SysResult.ZERO;
        }
        GlockHolder holder = inode.glock().nq(LockState.DEFERRED, inode);
        SysResult result = directIo(inode).rw(iocb, to, inode.blocks(), EnumSet.noneOf(DioFlag.class), 0);
        inode.glock().dq(holder);
        return result;
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_direct_write", release = "v5.14")
    public SysResult directWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        GlockHolder holder = inode.glock().nq(LockState.DEFERRED, inode);
        SysResult result = SysResult.ZERO;
        if (iocb.pos() + from.count() <= inode.mapping().iSize().read()) {
            result = directIo(inode).rw(iocb, from, inode.blocks(), EnumSet.noneOf(DioFlag.class), 0);
        }
        inode.glock().dq(holder);
        return result.is(Errno.ENOTBLK) ? SysResult.ZERO : result;
    }

    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_read_iter", release = "v5.14")
    public SysResult bufferedRead(Gfs2Inode inode, Kiocb iocb, IovIter to) {
        SysResult cached = read(inode, iocb, to, EnumSet.of(ReadFlag.NOIO));
        if (to.count() == 0 || cached instanceof SysResult.Err && !cached.is(Errno.EAGAIN)) {
            return cached;
        }
        return readUnderGlock(inode, iocb, to, cached.bytes());
    }

    /// The part of a buffered read that is not cached.
    protected SysResult readUnderGlock(Gfs2Inode inode, Kiocb iocb, IovIter to, long before) {
        GlockHolder holder = inode.glock().nq(LockState.SHARED, inode);
        SysResult result = read(inode, iocb, to, EnumSet.noneOf(ReadFlag.class));
        inode.glock().dq(holder);
        long read = before + result.bytes();
        return read > 0 ? SysResult.ok(read) : result;
    }

    /// The glock is taken for each extent, before the source of the write is faulted in.
    @Override
    @Models(file = "fs/gfs2/file.c", symbol = "gfs2_file_buffered_write", release = "v5.14")
    public SysResult bufferedWrite(Gfs2Inode inode, Kiocb iocb, IovIter from) {
        BufferedIo buffered = inode.node().parts().get(BufferedIo.PART, BufferedIo::new);
        SysResult result = buffered.write(inode.node(), inode.mapping(), from, iocb.pos(), new LockedExtents(inode));
        iocb.setPos(iocb.pos() + result.bytes());
        return result;
    }
}
