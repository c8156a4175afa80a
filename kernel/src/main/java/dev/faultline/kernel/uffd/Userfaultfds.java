package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Descriptors;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Every userfaultfd that was ever opened, to look at the end whether each is gone.
public final class Userfaultfds {
    /// The path of the device.
    public static final String DEVICE = "/dev/userfaultfd";

    private static final int KNOWN_FLAGS = Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK | Uffd.USER_MODE_ONLY;

    private final List<UserfaultfdCtx> opened = new ArrayList<>();

    /// None so far.
    public Userfaultfds() {}

    /// {@return the device through which userfaultfds can be opened as well}
    public Inode device(Node node) {
        return new UserfaultDevice(node, this);
    }

    /// userfaultfd(2). Programs are privileged: they have `CAP_SYS_PTRACE`.
    ///
    /// @return a descriptor in `descriptors`; -EINVAL for unknown flags
    @Models(file = "fs/userfaultfd.c", symbol = "new_userfaultfd")
    public SysResult newUserfaultfd(Node node, Mm mm, Descriptors descriptors, int flags) {
        if ((flags & ~KNOWN_FLAGS) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Inode file = new UserfaultFile(node, add(new UserfaultfdCtx(this, node.machine(), node.parts(), node.physical(), mm, flags)));
        OpenFile open = new OpenFile(node.machine(), file, Fcntl.O_RDONLY | flags & Fcntl.O_NONBLOCK);
        OptionalInt fd = descriptors.install(open);
        if (fd.isEmpty()) {
            open.put();
            return SysResult.err(Errno.EMFILE);
        }
        return SysResult.ok(fd.getAsInt());
    }

    UserfaultfdCtx add(UserfaultfdCtx ctx) {
        opened.add(ctx);
        return ctx;
    }

    /// {@return what nobody owns any more, once every file is closed; no step}
    public List<String> leaks() {
        return opened.stream().map(UserfaultfdCtx::leak).flatMap(Optional::stream).toList();
    }
}
