package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.HugetlbFill;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// A request to put huge pages of a pool in place: the part of [Mfill] that is otherwise for them.
final class MfillHugetlb implements HugetlbFill {
    private final Node node;
    private final HugetlbFill.Mode mode;
    private final boolean protect;
    private long source;

    /// A page for bytes that could not be copied with the locks held; kept while they are dropped.
    private Optional<Folio> kept = Optional.empty();

    /// @param source where the bytes come from, if they come from the program; any alignment
    MfillHugetlb(Node node, HugetlbFill.Mode mode, long source, boolean protect) {
        this.node = node;
        this.mode = mode;
        this.source = source;
        this.protect = protect;
    }

    /// {@return -EINVAL unless the range is of whole huge pages}
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_hugetlb")
    static Optional<Errno> check(Vma vma, long start, long lengthBytes) {
        return (start | lengthBytes) % vma.pageBytes() == 0 ? Optional.empty() : Optional.of(Errno.EINVAL);
    }

    /// Puts a page in place. The caller holds `mmap_lock` for reading and `map_changing_lock`.
    ///
    /// @return what [dev.faultline.kernel.mm.HugetlbOperations#fill] says
    Optional<Errno> fill(Vma vma, long address) {
        Optional<Errno> error = vma.hugetlb().orElseThrow().fill(vma, address, this);
        if (error.isEmpty()) {
            source += vma.pageBytes();
        }
        return error;
    }

    /// {@return whether bytes are still to be copied, without locks}
    boolean isKept() {
        return kept.isPresent();
    }

    /// Copies the bytes of the page that is kept, with faults.
    Optional<Errno> copyUnlocked() {
        return copy(kept.orElseThrow()) ? Optional.empty() : Optional.of(Errno.EFAULT);
    }

    /// Gives the page back that is kept, if one is.
    void drop() {
        kept.ifPresent(Folio::put);
    }

    private boolean copy(Folio destination) {
        return node.userMemory().access().copyHugeFromUser(destination, source);
    }

    @Override
    public HugetlbFill.Mode mode() {
        return mode;
    }

    @Override
    public boolean protects() {
        return protect;
    }

    @Override
    public Optional<Folio> takeKept() {
        Optional<Folio> taken = kept;
        kept = Optional.empty();
        return taken;
    }

    @Override
    public void keep(Folio temporary) {
        kept = Optional.of(temporary);
    }

    @Override
    public boolean copyAtomic(Folio destination) {
        TaskStruct task = TaskStruct.current(node.machine());
        task.pagefaultDisable();
        boolean complete = copy(destination);
        task.pagefaultEnable();
        return complete;
    }
}
