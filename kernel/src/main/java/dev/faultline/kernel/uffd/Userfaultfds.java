package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Every userfaultfd that was ever opened, to look at the end whether each is gone.
public final class Userfaultfds {
    private final List<UserfaultfdCtx> opened = new ArrayList<>();

    /// None so far.
    public Userfaultfds() {}

    /// {@return the file of a new userfaultfd, which serves that address space}
    ///
    /// @param flags of userfaultfd(2), which the caller has checked
    @Models(file = "fs/userfaultfd.c", symbol = "new_userfaultfd")
    public Inode open(Node node, Mm mm, int flags) {
        return new UserfaultFile(node, add(new UserfaultfdCtx(this, node.machine(), node.parts(), mm, flags)));
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
