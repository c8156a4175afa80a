package dev.faultline.kernel.syscall;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Prctl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Kind;

/// prctl(2), as far as it is about the tags of memory: arch/arm64/kernel/process.c, arch/arm64/kernel/mte.c.
final class PrctlCalls {
    private static final long KNOWN = Prctl.PR_TAGGED_ADDR_ENABLE | Prctl.PR_MTE_TCF_SYNC | Prctl.PR_MTE_TCF_ASYNC
            | Prctl.PR_MTE_TAG_MASK;

    private PrctlCalls() {}

    /// prctl(2). Other operations than those on tags are answered as by a kernel that has none of them.
    @Models(file = "kernel/sys.c", symbol = "__do_sys_prctl")
    static SysResult prctl(Process process, long[] a) {
        boolean plain = a[2] == 0 && a[3] == 0 && a[4] == 0;
        if (!process.mm().architecture().threadsOptIn() || !plain) {
            return SysResult.err(Errno.EINVAL);
        }
        TaskStruct task = TaskStruct.current(process.node().machine());
        return switch ((int) a[0]) {
            case Prctl.PR_SET_TAGGED_ADDR_CTRL -> set(process, task, a[1]);
            case Prctl.PR_GET_TAGGED_ADDR_CTRL -> a[1] == 0 ? SysResult.ok(task.tagControl()) : SysResult.err(Errno.EINVAL);
            default -> SysResult.err(Errno.EINVAL);
        };
    }

    @Models(file = "arch/arm64/kernel/process.c", symbol = "set_tagged_addr_ctrl")
    private static SysResult set(Process process, TaskStruct task, long control) {
        if ((control & ~KNOWN) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        if ((control & Prctl.PR_MTE_TCF_ASYNC) != 0) {
            throw process.node().machine().finding(Kind.BUG,
                    "PR_MTE_TCF_ASYNC: only checks that stop the access (PR_MTE_TCF_SYNC) are modelled");
        }
        task.setTagControl(control);
        if (task.isAlone()) {
            process.setTagControl(control); // threads are started later, and inherit it
        }
        return SysResult.ZERO;
    }
}
