package dev.faultline.history.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.syscall.Mincore;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// mincore up to v2.6.19: the answers are copied to the program with `mmap_sem` held for reading, so the
/// copy may fault and take it again.
public final class MincoreV2619 extends Mincore {
    /// The form.
    public MincoreV2619() {}

    @Override
    @Models(file = "mm/mincore.c", symbol = "mincore_vma", release = "v2.6.19")
    protected Optional<Errno> answer(Process process, long start, int pages, long vector) {
        Content answers = new Content((byte) 0);
        process.mm().mmapLock().downRead();
        Optional<Errno> error = doMincore(process.mm(), start, pages, answers);
        if (error.isEmpty()) {
            error = copyOut(process, answers, pages, vector);
        }
        process.mm().mmapLock().upRead();
        return error;
    }
}
