package dev.faultline.kernel.syscall;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Fork;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.VmaChange;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;

/// The calls that make and end processes: kernel/fork.c, kernel/exit.c. Signals other than those of a thread's own
/// accesses are left out, and with them process groups and stopped children.
public final class ProcessCalls {
    private static final int WNOHANG = 1;
    private static final int KNOWN_OPTIONS = 0xe000_000b; // WUNTRACED, WCONTINUED and the __W ones as well

    private static final int RLIM_NLIMITS = 16;
    private static final int RLIMIT_NOFILE = 7;

    /// The most descriptors that a process can have (`sysctl_nr_open`).
    private static final long NR_OPEN = 1 << 20;

    private ProcessCalls() {}

    /// Makes a child of the running process: fork(2), up to where the child starts to run.
    @Models(file = "kernel/fork.c", symbol = "copy_process")
    public static Process fork(Kernel kernel, Process parent) {
        int pid = kernel.newPid();
        Process child = kernel.child(parent, pid);
        child.files().copyFrom(parent.files());
        new Fork(parent.node().physical()).dupMmap(parent.mm(), child.mm());
        child.setTagControl(TaskStruct.current(parent.node().machine()).tagControl());
        parent.children().add(pid);
        return child;
    }

    /// Ends a child, whose only thread runs: takes its memory down, closes its files and tells the parent.
    ///
    /// @param status as wait(2) tells it: the exit code in the second byte, or the signal in the first
    @Models(file = "kernel/exit.c", symbol = "do_exit")
    public static void exit(Process child, int status) {
        AioCalls.exit(child);
        child.mm().mmapLock().downWrite();
        VmaChange.unmap(child.mm(), 0, Mm.TASK_SIZE);
        child.mm().end();
        child.mm().writeUnlock();
        child.closeAll();
        child.parent().ifPresent(parent -> parent.children().ended(child.pid(), status));
    }

    /// waitpid(2). Process groups count as the whole of the children.
    @Models(file = "kernel/exit.c", symbol = "kernel_wait4")
    static SysResult waitpid(Process process, int pid, long statusAddress, int options) {
        if ((options & ~KNOWN_OPTIONS) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        boolean block = (options & WNOHANG) == 0;
        return switch (process.children().reap(pid > 0 ? pid : -1, block)) {
            case Children.Found.None(Errno errno) -> SysResult.err(errno);
            case Children.Found.Running _ -> SysResult.ZERO;
            case Children.Found.Ended(int ended, int status) -> answer(process, ended, status, statusAddress);
        };
    }

    /// setrlimit(2), of the number of descriptors. Programs are privileged.
    ///
    /// @return -EFAULT, -EINVAL, -EPERM beyond what there may ever be
    @Models(file = "kernel/sys.c", symbol = "do_prlimit")
    static SysResult setrlimit(Process process, int resource, long address) {
        Content limits = new Content((byte) 0);
        if (!UserWords.in(process, address, limits, 16)) {
            return SysResult.err(Errno.EFAULT);
        }
        long soft = limits.load(0, 8);
        long hard = limits.load(8, 8);
        if (resource < 0 || resource >= RLIM_NLIMITS || Long.compareUnsigned(soft, hard) > 0) {
            return SysResult.err(Errno.EINVAL);
        }
        if (resource != RLIMIT_NOFILE) {
            throw new NotModelled("limits of anything but descriptors: resource " + resource + " of setrlimit");
        }
        if (Long.compareUnsigned(hard, NR_OPEN) > 0) {
            return SysResult.err(Errno.EPERM);
        }
        process.files().limit(soft);
        return SysResult.ZERO;
    }

    private static SysResult answer(Process process, int pid, int status, long address) {
        if (address == 0) {
            return SysResult.ok(pid);
        }
        Content bytes = new Content((byte) 0);
        bytes.store(0, 4, status);
        boolean told = process.node().userMemory().access().copyToUser(address, bytes, 0, 4) == 0;
        return told ? SysResult.ok(pid) : SysResult.err(Errno.EFAULT);
    }
}
