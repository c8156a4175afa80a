package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// Who serves the areas of a child: one for each that serves areas of the parent, if the program wants to serve
/// children (`struct userfaultfd_fork_ctx`).
final class UserfaultFork {
    private final Mm child;
    private final UserfaultEvents events = new UserfaultEvents();
    private final List<UserFaultHandler> originals = new ArrayList<>(1);
    private final List<Optional<UserFaultHandler>> copies = new ArrayList<>(1);

    UserfaultFork(Mm child) {
        this.child = child;
    }

    /// {@return the copy of an area, served as the area is; ordinary if the program does not serve children}
    ///
    /// @param copy without what makes an area special to a handler
    @Models(file = "fs/userfaultfd.c", symbol = "dup_userfaultfd")
    Vma copied(Vma vma, Vma copy) {
        Optional<UserFaultHandler> handler = vma.userfault().flatMap(this::copyOf);
        if (handler.isEmpty()) {
            return copy;
        }
        EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags());
        flags.retainAll(VmFlag.UFFD);
        flags.addAll(copy.flags());
        return copy.registered(copy.start(), copy.end(), flags, handler);
    }

    private Optional<UserFaultHandler> copyOf(UserFaultHandler original) {
        int known = originals.indexOf(original);
        if (known >= 0) {
            return copies.get(known);
        }
        Optional<UserFaultHandler.Forked> forked = original.fork(child);
        forked.ifPresent(one -> events.fork(one.complete()));
        Optional<UserFaultHandler> copy = forked.map(UserFaultHandler.Forked::child);
        originals.add(original);
        copies.add(copy);
        return copy;
    }

    /// Waits until programs have read of the child.
    void complete() {
        events.complete();
    }
}
