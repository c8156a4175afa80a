package dev.faultline.kernel.mm;

import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// What is done with areas of huge pages that come from a pool (mm/hugetlb.c), where memory management does otherwise with
/// others. Ranges are of whole huge pages and lie in the area.
public interface HugetlbOperations {
    /// Handles a fault, as [Memory#handleMmFault] does.
    VmFaultResult handleFault(VmFault fault);

    /// What becomes of marks that a program left at pages of a range whose contents go (`zap_flags_t`).
    enum Markers { STAY, GO }

    /// Unmaps a range. The caller holds `mmap_lock`, or the lock of the area, or has taken the area out.
    void unmapRange(Vma vma, long start, long end, Markers markers);

    /// Changes every entry of a range. The caller holds `mmap_lock`.
    ///
    /// @param change for the same page, if the entry maps one; permits as much or less
    void changeProtection(Vma vma, long start, long end, UnaryOperator<Pte> change);

    /// Maps what an area maps in a copy of its address space. The caller holds `mmap_lock` for writing; nobody faults in
    /// either.
    ///
    /// @param keepsProtection whether the program is told of writes in the copy, too
    void copyRange(Vma vma, Vma copy, boolean keepsProtection);

    /// Moves the entries of a range elsewhere in the address space. The caller holds `mmap_lock` for writing.
    void movePageTables(Vma vma, long from, long to, long lengthBytes);

    /// An area is gone, with what was set aside for its pages, and with the file if nobody has that any more.
    void closed(Vma vma);

    /// {@return what handles the area in a copy of the address space}
    VmOperations forked();

    /// {@return what handles the area once its pages have moved, and with them what is set aside}
    VmOperations movedAway();

    /// Puts a page in place for a program that serves the faults of the area. The caller holds `mmap_lock` for reading.
    ///
    /// @param address of a huge page
    /// @return -EEXIST where something is; -ENOENT if the bytes to be copied are not there, with a page kept for them; -ENOMEM,
    ///         -EFAULT
    Optional<Errno> fill(Vma vma, long address, HugetlbFill fill);
}
