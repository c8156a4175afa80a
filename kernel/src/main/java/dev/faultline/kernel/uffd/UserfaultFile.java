package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.FileWithoutPages;
import dev.faultline.kernel.fs.Descriptors;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PollWait;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;

/// The file that userfaultfd(2) opens: what programs read faults from and answer them through.
final class UserfaultFile extends FileWithoutPages {
    private final Node node;
    private final UserfaultfdCtx ctx;
    private final UserfaultIoctls ioctls;

    UserfaultFile(Node node, UserfaultfdCtx ctx) {
        super(node.machine(), ctx);
        this.node = node;
        this.ctx = ctx;
        this.ioctls = new UserfaultIoctls(node, ctx);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.STREAM, FileMode.NO_MMAP, FileMode.NO_EXEC, FileMode.NOWAIT);
    }

    /// Reads as many messages as fit; only the first one is waited for.
    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (!ctx.isInitialized()) {
            return SysResult.err(Errno.EINVAL);
        }
        boolean block = !iocb.file().has(Fcntl.O_NONBLOCK) && !iocb.isNowait();
        long done = 0;
        Content bytes = new Content((byte) 0);
        while (to.count() >= Uffd.MSG_BYTES) {
            Optional<FaultQueues.Message> msg = ctx.read(block && done == 0);
            if (msg.isEmpty()) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EAGAIN);
            }
            Optional<UffdMsg> told = told(iocb, msg.get());
            if (told.isEmpty()) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EMFILE);
            }
            told.get().layOut(bytes);
            if (to.copyToIter(bytes, 0, Uffd.MSG_BYTES) != Uffd.MSG_BYTES) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EFAULT);
            }
            done += Uffd.MSG_BYTES;
        }
        return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EINVAL);
    }

    /// Gives the reader a descriptor for a child that was forked.
    ///
    /// @return nothing if there is none: the event is still to be read of
    @Models(file = "fs/userfaultfd.c", symbol = "resolve_userfault_fork")
    private Optional<UffdMsg> told(Kiocb iocb, FaultQueues.Message message) {
        if (message.fork().isEmpty()) {
            return Optional.of(message.msg());
        }
        FaultQueues.Event fork = message.fork().get();
        UserfaultfdCtx child = fork.child().orElseThrow();
        boolean held = child.isHeldByReader();
        OptionalInt fd = iocb.descriptors().install(new OpenFile(node.machine(), new UserfaultFile(node, child),
                Fcntl.O_RDONLY | child.flags() & Fcntl.O_NONBLOCK));
        if (fd.isEmpty()) {
            ctx.putBack(fork);
            if (held) {
                child.putForFile();
            }
            return Optional.empty();
        }
        if (fork.complete() && held) { // else the file has the reference of who forked, or of the reader
            child.putForFile();
        }
        return Optional.of(UffdMsg.fork(fd.getAsInt()));
    }

    @Override
    public SysResult ioctl(OpenFile file, Descriptors descriptors, long command, long argument) {
        return ioctls.ioctl(command, argument);
    }

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_poll")
    public int poll(OpenFile file, Optional<PollWait> wait) {
        if (!ctx.isInitialized() || !file.has(Fcntl.O_NONBLOCK)) {
            return Poll.POLLERR;
        }
        return ctx.poll(wait) ? Poll.POLLIN : 0;
    }

    @Override
    public boolean wantsRelease() {
        return true;
    }

    @Override
    public void release(OpenFile file) {
        ctx.release();
    }

    @Override
    public String toString() {
        return ctx.toString();
    }
}
