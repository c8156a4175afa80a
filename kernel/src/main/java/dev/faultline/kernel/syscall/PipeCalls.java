package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.Optional;
import java.util.OptionalInt;

/// The calls that make and size pipes: fs/pipe.c.
final class PipeCalls {
    private static final int KNOWN = Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK | Fcntl.O_DIRECT | Fcntl.O_EXCL;

    private PipeCalls() {}

    /// pipe2(2), and pipe(2) without flags. O_CLOEXEC changes nothing.
    ///
    /// @param address where the two descriptors go, the one to read from first
    /// @return -EINVAL, -EFAULT
    @Models(file = "fs/pipe.c", symbol = "do_pipe2")
    static SysResult pipe2(Process process, long address, int flags) {
        if ((flags & Fcntl.O_EXCL) != 0) {
            throw new NotModelled("O_NOTIFICATION_PIPE");
        }
        if ((flags & ~KNOWN) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Node node = process.node();
        PipeInodeInfo pipe = PipeInodeInfo.withEnds(node);
        PipeFile inode = new PipeFile(node, pipe);
        OpenFile reading = new OpenFile(node.machine(), inode, Fcntl.O_RDONLY | flags & Fcntl.O_NONBLOCK);
        OpenFile writing = new OpenFile(node.machine(), inode,
                Fcntl.O_WRONLY | flags & (Fcntl.O_NONBLOCK | Fcntl.O_DIRECT));
        OptionalInt first = process.files().reserve();
        OptionalInt second = first.isPresent() ? process.files().reserve() : first;
        if (second.isEmpty()) {
            first.ifPresent(fd -> process.files().settle(fd, Optional.empty()));
            return SysResult.err(Errno.EMFILE);
        }
        int fdr = first.getAsInt();
        int fdw = second.getAsInt();
        pipe.setDescriptors(fdr, fdw);
        Content words = new Content((byte) 0);
        words.store(0, 4, fdr);
        words.store(4, 4, fdw);
        boolean told = UserWords.out(process, address, words, 8);
        process.files().settle(fdr, told ? Optional.of(reading) : Optional.empty());
        process.files().settle(fdw, told ? Optional.of(writing) : Optional.empty());
        return told ? SysResult.ZERO : SysResult.err(Errno.EFAULT);
    }

    /// fcntl(2) with F_SETPIPE_SZ and F_GETPIPE_SZ.
    ///
    /// @return -EBADF for what is no pipe
    @Models(file = "fs/pipe.c", symbol = "pipe_fcntl")
    static SysResult fcntl(OpenFile file, int command, long argument) {
        Optional<PipeInodeInfo> pipe = file.inode().operations().pipe();
        if (pipe.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        return command == Fcntl.F_SETPIPE_SZ ? pipe.get().setSize(argument) : pipe.get().size();
    }
}
