package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.SpliceDirect;
import dev.faultline.kernel.fs.SpliceRead;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.Optional;

/// The calls that copy from file to file: fs/read_write.c.
final class CopyCalls {
    private CopyCalls() {}

    // ---- sendfile ----

    /// sendfile(2).
    ///
    /// @param offset where the program has the offset in the file that is read; 0 for the position of the open file
    @Models(file = "fs/read_write.c", symbol = "sys_sendfile64")
    static SysResult sendfile(Process process, int fdOut, int fdIn, long offset, long count) {
        Content given = new Content((byte) 0);
        if (offset != 0 && !UserWords.in(process, offset, given, 8)) {
            return SysResult.err(Errno.EFAULT);
        }
        Optional<OpenFile> in = process.files().hold(fdIn);
        SysResult result = SysResult.err(Errno.EBADF);
        if (in.isPresent()) {
            result = sendfile(process, fdOut, in.get(), offset == 0 ? Optional.empty() : Optional.of(given), count);
            in.get().put();
        }
        boolean told = offset == 0 || UserWords.out(process, offset, given, 8);
        return told ? result : SysResult.err(Errno.EFAULT);
    }

    @Models(file = "fs/read_write.c", symbol = "do_sendfile")
    private static SysResult sendfile(Process process, int fdOut, OpenFile in, Optional<Content> given, long count) {
        if (!in.isReadable()) {
            return SysResult.err(Errno.EBADF);
        }
        long pos = given.map(word -> word.load(0, 8)).orElseGet(() -> in.position().read());
        if (given.isPresent() && in.inode().operations().modes().contains(FileMode.STREAM)) {
            return SysResult.err(Errno.ESPIPE);
        }
        Optional<Errno> wrong = SpliceCalls.verifyArea(pos, count);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        Optional<OpenFile> out = process.files().hold(fdOut);
        if (out.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        SysResult result = send(process, new Kiocb(in, pos), out.get(), given, Math.min(count, UserRanges.MAX_RW_BYTES));
        out.get().put();
        return result;
    }

    private static SysResult send(Process process, Kiocb in, OpenFile out, Optional<Content> given, long count) {
        if (!out.isWritable()) {
            return SysResult.err(Errno.EBADF);
        }
        Kiocb to = new Kiocb(out, out.position().read());
        long most = Math.min(in.inode().maxBytes(), out.inode().maxBytes());
        if (in.pos() >= most && count > 0) {
            return SysResult.err(Errno.EOVERFLOW);
        }
        long length = Math.min(count, most - in.pos());
        Optional<PipeInodeInfo> pipe = SpliceCalls.pipe(out);
        Optional<Errno> wrong = pipe.isPresent() ? Optional.empty() : SpliceCalls.verifyArea(to.pos(), length);
        SysResult result = wrong.map(SysResult::err).orElseGet(() -> pipe.isPresent()
                ? SpliceRead.intoPipe(in, pipe.get(), length, !out.has(Fcntl.O_NONBLOCK))
                : SpliceDirect.copy(process.node(), in, to, length));
        if (result.isPositive()) {
            out.position().write(to.pos());
            given.ifPresentOrElse(word -> word.store(0, 8, in.pos()), () -> in.file().position().write(in.pos()));
        }
        return result;
    }

    // ---- copy_file_range ----

    /// copy_file_range(2).
    @Models(file = "fs/read_write.c", symbol = "sys_copy_file_range")
    static SysResult copyFileRange(Process process, int fdIn, long offIn, int fdOut, long offOut, long lengthBytes, int flags) {
        return SpliceCalls.withFiles(process, fdIn, fdOut, (in, out) -> {
            FilePosition from = new FilePosition(process, in, offIn);
            FilePosition to = new FilePosition(process, out, offOut);
            if (!from.fetch() || !to.fetch()) {
                return SysResult.err(Errno.EFAULT);
            }
            Kiocb source = from.start();
            Kiocb target = to.start();
            if (flags != 0) {
                return SysResult.err(Errno.EINVAL);
            }
            SysResult result = vfsCopyFileRange(process, source, target, lengthBytes);
            if (!result.isPositive()) {
                return result;
            }
            from.moved(source, result);
            to.moved(target, result);
            return from.tell() && to.tell() ? result : SysResult.err(Errno.EFAULT);
        });
    }

    @Models(file = "fs/read_write.c", symbol = "vfs_copy_file_range")
    private static SysResult vfsCopyFileRange(Process process, Kiocb source, Kiocb target, long lengthBytes) {
        Optional<Errno> refused = rwChecks(source.file(), target.file());
        if (refused.isPresent()) {
            return SysResult.err(refused.get());
        }
        if (overflows(source.pos(), lengthBytes) || overflows(target.pos(), lengthBytes)) {
            return SysResult.err(Errno.EOVERFLOW);
        }
        long size = source.inode().mapping().iSize().read();
        long there = source.pos() >= size ? 0 : lengthBytes < 0 ? size - source.pos() : Math.min(lengthBytes, size - source.pos());
        if (target.pos() >= target.inode().maxBytes()) {
            return SysResult.err(Errno.EFBIG);
        }
        long count = Math.min(there, target.inode().maxBytes() - Math.max(0, target.pos()));
        boolean overlap = source.inode() == target.inode()
                && target.pos() + count > source.pos() && target.pos() < source.pos() + count;
        if (overlap) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<Errno> wrong = SpliceCalls.verifyArea(source.pos(), count)
                .or(() -> SpliceCalls.verifyArea(target.pos(), count));
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        return count == 0 ? SysResult.ZERO : copy(process, source, target, Math.min(count, UserRanges.MAX_RW_BYTES));
    }

    @Models(file = "fs/read_write.c", symbol = "generic_file_rw_checks")
    private static Optional<Errno> rwChecks(OpenFile in, OpenFile out) {
        if (!in.isRegular() || !out.isRegular()) {
            return Optional.of(Errno.EINVAL);
        }
        if (!in.isReadable() || !out.isWritable() || out.has(Fcntl.O_APPEND)) {
            return Optional.of(Errno.EBADF);
        }
        return in.isOnSameFileSystem(out) ? Optional.empty() : Optional.of(Errno.EXDEV);
    }

    /// {@return whether a range ends behind all numbers} Both count as they would without a sign.
    private static boolean overflows(long pos, long lengthBytes) {
        return Long.compareUnsigned(pos + lengthBytes, pos) < 0;
    }

    private static SysResult copy(Process process, Kiocb source, Kiocb target, long lengthBytes) {
        if (target.inode().operations().copiesByItself()) {
            throw new NotModelled("copy_file_range on " + target.inode().mapping());
        }
        return SpliceDirect.copy(process.node(), source, target, lengthBytes);
    }
}
