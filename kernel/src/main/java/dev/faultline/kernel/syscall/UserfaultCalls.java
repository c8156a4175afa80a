package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.kernel.uffd.Userfaultfds;

/// Opening an userfaultfd (fs/userfaultfd.c). Programs are privileged: they have `CAP_SYS_PTRACE`.
final class UserfaultCalls {
    private static final int KNOWN_FLAGS = Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK | Uffd.USER_MODE_ONLY;

    private UserfaultCalls() {}

    /// userfaultfd(2).
    @Models(file = "fs/userfaultfd.c", symbol = "new_userfaultfd")
    static SysResult userfaultfd(Userfaultfds userfaults, Process process, int flags) {
        if ((flags & ~KNOWN_FLAGS) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        OpenFile file = new OpenFile(process.node().machine(), userfaults.open(process.node(), process.mm(), flags),
                Fcntl.O_RDONLY | flags & Fcntl.O_NONBLOCK);
        return SysResult.ok(process.files().install(file));
    }
}
