package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;

/// From one file to another through a pipe that only the task knows: fs/splice.c. A new one each time; Linux keeps it for
/// the task's next call, which nobody can tell.
public final class SpliceDirect {
    private SpliceDirect() {}

    /// Copies from the position of `in` to that of `out`; both move.
    ///
    /// @return the bytes copied; -EBADF if `out` cannot be written, -EINVAL if it appends or `in` has no position, and what
    ///         the file systems answer
    @Models(file = "fs/splice.c", symbol = "do_splice_direct")
    public static SysResult copy(Node node, Kiocb in, Kiocb out, long lengthBytes) {
        if (!out.file().isWritable()) {
            return SysResult.err(Errno.EBADF);
        }
        FileOperations source = in.inode().operations();
        boolean unreadable = source.modes().contains(FileMode.STREAM) && (source.pipe().isPresent() || lengthBytes > 0);
        if (out.file().has(Fcntl.O_APPEND) || unreadable) {
            return SysResult.err(Errno.EINVAL);
        }
        PipeInodeInfo pipe = PipeInodeInfo.internal(node);
        SysResult result = through(pipe, in, out, lengthBytes);
        pipe.empty();
        return result;
    }

    @Models(file = "fs/splice.c", symbol = "splice_direct_to_actor")
    private static SysResult through(PipeInodeInfo pipe, Kiocb in, Kiocb out, long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            long before = in.pos();
            SysResult read = SpliceRead.doSpliceRead(in, pipe, lengthBytes - done);
            if (!read.isPositive()) {
                return done > 0 ? SysResult.ok(done) : read;
            }
            SysResult written = SpliceWrite.toFile(pipe, out, read.bytes(), true);
            done += written.bytes();
            if (written.bytes() < read.bytes()) {
                in.setPos(before + written.bytes());
                return done > 0 ? SysResult.ok(done) : written;
            }
        }
        return SysResult.ok(done);
    }
}
