package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.SplicePipes;
import dev.faultline.kernel.fs.SpliceRead;
import dev.faultline.kernel.fs.SpliceWrite;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Splice;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The calls that move pages through pipes: the entries of fs/splice.c.
final class SpliceCalls {
    private SpliceCalls() {}

    /// What a call does with two open files.
    interface Between {
        SysResult run(OpenFile in, OpenFile out);
    }

    /// Runs a call with the files behind two descriptors, which are kept meanwhile.
    static SysResult withFiles(Process process, int fdIn, int fdOut, Between call) {
        Optional<OpenFile> in = process.files().hold(fdIn);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        Optional<OpenFile> out = process.files().hold(fdOut);
        SysResult result = out.isEmpty() ? SysResult.err(Errno.EBADF) : call.run(in.get(), out.get());
        out.ifPresent(OpenFile::put);
        in.get().put();
        return result;
    }

    static Optional<PipeInodeInfo> pipe(OpenFile file) {
        return file.inode().operations().pipe();
    }

    private static boolean mayWait(int flags, OpenFile... files) {
        boolean may = (flags & Splice.SPLICE_F_NONBLOCK) == 0;
        for (OpenFile file : files) {
            may &= !file.has(Fcntl.O_NONBLOCK);
        }
        return may;
    }

    /// {@return -EINVAL where a request goes below 0 or beyond all numbers}
    @Models(file = "fs/read_write.c", symbol = "rw_verify_area")
    static Optional<Errno> verifyArea(long pos, long lengthBytes) {
        return lengthBytes < 0 || pos < 0 || pos + lengthBytes < 0 ? Optional.of(Errno.EINVAL) : Optional.empty();
    }

    // ---- splice ----

    /// splice(2).
    @Models(file = "fs/splice.c", symbol = "sys_splice")
    static SysResult splice(Process process, int fdIn, long offIn, int fdOut, long offOut, long lengthBytes, int flags) {
        if (lengthBytes == 0) {
            return SysResult.ZERO;
        }
        if ((flags & ~Splice.SPLICE_F_ALL) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        return withFiles(process, fdIn, fdOut, (in, out) -> {
            FilePosition from = new FilePosition(process, in, offIn);
            FilePosition to = new FilePosition(process, out, offOut);
            return splice(from, to, lengthBytes, flags);
        });
    }

    @Models(file = "fs/splice.c", symbol = "__do_splice")
    private static SysResult splice(FilePosition from, FilePosition to, long lengthBytes, int flags) {
        for (FilePosition end : List.of(from, to)) {
            if (pipe(end.file()).isPresent()) {
                if (end.isGiven()) {
                    return SysResult.err(Errno.ESPIPE);
                }
                end.file().clearNowait();
            }
        }
        if (!to.fetch() || !from.fetch()) {
            return SysResult.err(Errno.EFAULT);
        }
        SysResult result = doSplice(from, to, lengthBytes, flags);
        boolean told = result instanceof SysResult.Err || to.tell() && from.tell();
        return told ? result : SysResult.err(Errno.EFAULT);
    }

    @Models(file = "fs/splice.c", symbol = "do_splice")
    private static SysResult doSplice(FilePosition from, FilePosition to, long lengthBytes, int flags) {
        if (!from.file().isReadable() || !to.file().isWritable()) {
            return SysResult.err(Errno.EBADF);
        }
        Optional<PipeInodeInfo> in = pipe(from.file());
        Optional<PipeInodeInfo> out = pipe(to.file());
        if (in.isPresent() && out.isPresent()) {
            return in.get() == out.get() ? SysResult.err(Errno.EINVAL)
                    : SplicePipes.move(in.get(), out.get(), lengthBytes < 0 ? Long.MAX_VALUE : lengthBytes,
                            mayWait(flags, from.file(), to.file()));
        }
        if (in.isPresent()) {
            return outOf(in.get(), to, lengthBytes, mayWait(flags, from.file()));
        }
        return out.isPresent() ? into(out.get(), from, lengthBytes, mayWait(flags, to.file())) : SysResult.err(Errno.EINVAL);
    }

    private static SysResult outOf(PipeInodeInfo pipe, FilePosition to, long lengthBytes, boolean mayWait) {
        if (to.isGiven() && isStream(to.file()) || to.file().has(Fcntl.O_APPEND)) {
            return SysResult.err(Errno.EINVAL);
        }
        Kiocb iocb = to.start();
        return verifyArea(iocb.pos(), lengthBytes).map(SysResult::err)
                .orElseGet(() -> to.moved(iocb, SpliceWrite.toFile(pipe, iocb, lengthBytes, mayWait)));
    }

    private static SysResult into(PipeInodeInfo pipe, FilePosition from, long lengthBytes, boolean mayWait) {
        if (from.isGiven() && isStream(from.file())) {
            return SysResult.err(Errno.EINVAL);
        }
        Kiocb iocb = from.start();
        return verifyArea(iocb.pos(), lengthBytes).map(SysResult::err)
                .orElseGet(() -> from.moved(iocb, SpliceRead.intoPipe(iocb, pipe, lengthBytes, mayWait)));
    }

    private static boolean isStream(OpenFile file) {
        return file.inode().operations().modes().contains(FileMode.STREAM);
    }

    // ---- tee ----

    /// tee(2).
    @Models(file = "fs/splice.c", symbol = "sys_tee")
    static SysResult tee(Process process, int fdIn, int fdOut, long lengthBytes, int flags) {
        if ((flags & ~Splice.SPLICE_F_ALL) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        if (lengthBytes == 0) {
            return SysResult.ZERO;
        }
        return withFiles(process, fdIn, fdOut, (from, to) -> {
            if (!from.isReadable() || !to.isWritable()) {
                return SysResult.err(Errno.EBADF);
            }
            Optional<PipeInodeInfo> in = pipe(from);
            Optional<PipeInodeInfo> out = pipe(to);
            if (in.isEmpty() || out.isEmpty() || in.get() == out.get()) {
                return SysResult.err(Errno.EINVAL);
            }
            return SplicePipes.tee(in.get(), out.get(), lengthBytes < 0 ? Long.MAX_VALUE : lengthBytes, mayWait(flags, from, to));
        });
    }

    // ---- vmsplice ----

    /// vmsplice(2). Only the flag in the call counts, not O_NONBLOCK.
    @Models(file = "fs/splice.c", symbol = "sys_vmsplice")
    static SysResult vmsplice(Process process, int fd, UserRanges ranges, int flags) {
        if ((flags & ~Splice.SPLICE_F_ALL) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<OpenFile> file = process.files().hold(fd);
        if (file.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        SysResult result = vmsplice(process, file.get(), ranges, flags);
        file.get().put();
        return result;
    }

    private static SysResult vmsplice(Process process, OpenFile file, UserRanges ranges, int flags) {
        List<Segment> segments = new ArrayList<>();
        Optional<Errno> wrong = ranges.importInto(process, segments);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        IovIter.Direction direction = file.isWritable() ? IovIter.Direction.SOURCE : IovIter.Direction.DESTINATION;
        IovIter iter = new IovIter(process.node().userMemory(), process.node().parts(), direction, segments);
        if (iter.count() == 0) {
            return SysResult.ZERO;
        }
        Optional<PipeInodeInfo> pipe = pipe(file);
        if (pipe.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        file.clearNowait();
        return file.isWritable()
                ? SplicePipes.fromUser(pipe.get(), iter, mayWait(flags), (flags & Splice.SPLICE_F_GIFT) != 0)
                : SpliceWrite.toUser(pipe.get(), iter, mayWait(flags));
    }
}
