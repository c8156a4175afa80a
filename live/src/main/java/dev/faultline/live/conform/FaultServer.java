package dev.faultline.live.conform;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PollWait;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;
import java.util.Optional;

/// The second thread of a program on the model: it serves every fault that a userfaultfd tells of, each in a fixed way. The
/// interpreter has the same.
final class FaultServer implements Runnable {
    private static final long PAGE = 4096;
    private static final long BUFFER = Program.SCRATCH + 8 * PAGE;
    private static final long ARGUMENT = BUFFER + 64;
    private static final long SOURCE = BUFFER + PAGE;

    private final Process process;
    private final OpenFile file;
    private boolean hasEnded;

    /// Made by the program.
    ///
    /// @param file a reference to the open userfaultfd, which [#end] gives back
    FaultServer(Process process, OpenFile file) {
        this.process = process;
        this.file = file;
        for (long at = 0; at < PAGE; at += 8) {
            memory().store(SOURCE + at, 8, 0x4848_4848_4848_4848L);
        }
    }

    /// The program is at its end.
    void end() {
        hasEnded = true;
        file.put();
    }

    @Override
    public void run() {
        process.enter();
        while (isTold()) {
            serve();
        }
    }

    private UserAccess memory() {
        return process.node().userMemory().access();
    }

    private boolean isTold() {
        Machine machine = process.node().machine();
        PollWait wait = new PollWait(machine);
        RetryLoop loop = machine.retryLoop("fault server");
        while (!hasEnded) {
            if ((file.inode().operations().poll(file, Optional.of(wait)) & Poll.POLLIN) != 0) {
                return true;
            }
            wait.await();
            loop.again();
        }
        return false;
    }

    private void serve() {
        IovIter to = new IovIter(process.node().userMemory(), process.node().parts(), IovIter.Direction.DESTINATION,
                List.of(new Segment(BUFFER, Uffd.MSG_BYTES)));
        if (file.inode().operations().readIter(new Kiocb(file, 0), to).isPositive()) {
            long flags = memory().load(BUFFER + 8, 8);
            long page = memory().load(BUFFER + 16, 8) & -PAGE;
            SysResult served = resolve(flags, page);
            if (served instanceof SysResult.Err(Errno errno) && errno != Errno.EEXIST) {
                ioctl(Uffd.IOC_UNREGISTER, page, PAGE);
            }
            if (served instanceof SysResult.Err) {
                ioctl(Uffd.IOC_WAKE, page, PAGE);
            }
        }
    }

    private SysResult resolve(long flags, long page) {
        if ((flags & Uffd.PAGEFAULT_FLAG_WP) != 0) {
            return ioctl(Uffd.IOC_WRITEPROTECT, page, PAGE, 0);
        }
        if ((flags & Uffd.PAGEFAULT_FLAG_MINOR) != 0) {
            return ioctl(Uffd.IOC_CONTINUE, page, PAGE, 0, 0);
        }
        // A marker of protection is in the way of the first, not of the second.
        boolean zeroed = page / PAGE % 2 == 1 && ioctl(Uffd.IOC_ZEROPAGE, page, PAGE, 0, 0) instanceof SysResult.Ok;
        return zeroed ? SysResult.ZERO : ioctl(Uffd.IOC_COPY, page, SOURCE, PAGE, 0, 0);
    }

    private SysResult ioctl(long command, long... words) {
        for (int i = 0; i < words.length; i++) {
            memory().store(ARGUMENT + 8L * i, 8, words[i]);
        }
        return file.inode().operations().ioctl(file, new Kiocb(file, 0).descriptors(), command, ARGUMENT);
    }
}
