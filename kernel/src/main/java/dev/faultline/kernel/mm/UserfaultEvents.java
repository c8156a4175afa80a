package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.UserFaultHandler.Completion;
import dev.faultline.kernel.mm.UserFaultHandler.Event;
import dev.faultline.kernel.mm.UserFaultHandler.Happened;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The changes of areas that one call makes and programs want to read of: they begin with `mmap_lock` held, and are
/// waited for without it.
public final class UserfaultEvents {
    /// One that has begun.
    ///
    /// @param complete waits until the program has read of it
    /// @param fail     ends it where the call has failed
    private record Unfinished(Runnable complete, Runnable fail) {}

    private final List<Unfinished> unfinished = new ArrayList<>(2);

    /// None so far.
    public UserfaultEvents() {}

    /// What lies in the range is going to be unmapped. The caller holds `mmap_lock` for writing.
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_unmap_prep")
    public void unmap(Mm mm, long start, long end) {
        List<UserFaultHandler> told = new ArrayList<>(2);
        for (Vma vma : mm.areas(start, end)) {
            Optional<UserFaultHandler> handler = vma.userfault().filter(one -> !told.contains(one));
            handler.ifPresent(told::add);
            handler.flatMap(one -> one.begin(Event.UNMAP)).ifPresent(completion ->
                    addAlways(() -> completion.complete(new Happened(Event.UNMAP, start, end, 0))));
        }
    }

    /// What an area maps from `from` on is going to move. The caller holds `mmap_lock` for writing.
    ///
    /// @return whether the handler of the area wants to read of it, and goes on serving it
    @Models(file = "fs/userfaultfd.c", symbol = "mremap_userfaultfd_prep")
    boolean remap(Vma vma, long from, long to, long lengthBytes) {
        Optional<Completion> completion = vma.userfault().flatMap(handler -> handler.begin(Event.REMAP));
        completion.ifPresent(one -> unfinished.add(new Unfinished(
                () -> one.complete(new Happened(Event.REMAP, from, to, lengthBytes)), one::fail)));
        return completion.isPresent();
    }

    /// A fork is going to be read of. The caller holds `mmap_lock` of the parent for writing.
    void fork(Runnable complete) {
        addAlways(complete);
    }

    private void addAlways(Runnable complete) {
        unfinished.add(new Unfinished(complete, complete));
    }

    /// Waits until programs have read of each. The caller holds no lock.
    public void complete() {
        unfinished.forEach(event -> event.complete().run());
    }

    /// The call has failed: what was unmapped is to be read of all the same, what was to move is not. The caller holds no
    /// lock.
    void fail() {
        unfinished.forEach(event -> event.fail().run());
    }
}
