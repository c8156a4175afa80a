package dev.faultline.kernel.mm;

import java.util.Optional;

/// What a file system or driver does for the areas that map its files (`struct vm_operations_struct`).
/// All are called with `mmap_lock` held for reading.
public interface VmOperations {
    /// Finds the page of a fault.
    ///
    /// @return [VmFaultResult#LOCKED] with the folio set, locked and referenced; [VmFaultResult#NOPAGE] if
    ///         the handler installed the entry itself; [VmFaultResult#RETRY] with `mmap_lock` dropped; or an error
    VmFaultResult fault(VmFault fault);

    /// Installs the entry if that needs neither waiting nor I/O: the page is cached, up to date and not locked.
    ///
    /// @return [VmFaultResult#NOPAGE] if it did, else [VmFaultResult#DONE]
    VmFaultResult mapPages(VmFault fault);

    /// {@return whether the file system wants to know before a page of a shared mapping becomes writable}
    boolean wantsPageMkwrite();

    /// Prepares the page of a shared mapping for being written. Called with the page referenced, not locked.
    ///
    /// @return [VmFaultResult#LOCKED] with the folio locked and still part of the file;
    ///         [VmFaultResult#NOPAGE] if it went away meanwhile; or an error
    VmFaultResult pageMkwrite(VmFault fault);

    /// {@return the pages of the file, if huge ones can be made of them}
    default Optional<CollapsibleFile> collapsible() {
        return Optional.empty();
    }

    /// {@return what handles the area in a copy of the address space} Called with `mmap_lock` held for writing.
    default VmOperations forked() {
        return this;
    }

    /// {@return what is done otherwise with the area, if its pages are huge ones of a pool (`is_vm_hugetlb_page`)}
    default Optional<HugetlbOperations> hugetlb() {
        return Optional.empty();
    }

    /// {@return the pages of the file, if a program may fill them in itself (`vma_is_shmem`)}
    default Optional<UserfaultPages> userfaultPages() {
        return Optional.empty();
    }
}
