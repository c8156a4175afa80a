package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.PteSlot;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;
import java.util.function.Predicate;

/// Where a page is to be put.
///
/// @param vma     the area; `mmap_lock` is held
/// @param address of the page
/// @param protect whether the program wants to be told of writes
public record Place(Vma vma, long address, boolean protect) {
    /// {@return whether the program may write there}
    public boolean isWritable() {
        return vma.has(VmFlag.WRITE);
    }

    /// {@return whether what is written there is written to the file}
    public boolean isShared() {
        return vma.has(VmFlag.SHARED);
    }

    /// {@return the index in the file}
    public long index() {
        return vma.pageIndex(address);
    }

    /// {@return the place in the page table}
    public PteSlot slot() {
        return vma.mm().slot(address);
    }

    /// {@return the pages of the file that the area maps, if it is one of shmem}
    public Optional<UserfaultPages> filePages() {
        return pages(vma);
    }

    static Optional<UserfaultPages> pages(Vma vma) {
        return vma.file().flatMap(file -> file.operations().userfaultPages());
    }

    /// Puts an entry in place, if nothing is in the way of it and the file reaches so far. One step: the size is looked at
    /// under the page-table lock. A truncation writes the size first and visits every page table then; so either this
    /// sees the size, or the truncation sees the entry.
    ///
    /// @return -EFAULT behind the end of the file; -EEXIST
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_file_over_size")
    public Optional<Errno> fill(Pte entry, Predicate<Pte> free) {
        return filePages()
                .map(pages -> slot().fillBelow(pages.iSize(), index() * Content.SIZE, entry, free))
                .orElseGet(() -> slot().fill(entry, free));
    }

    /// {@return whether nothing is mapped; a marker of protection may be there}
    @Models(file = "include/linux/swapops.h", symbol = "pte_none_mostly")
    public static boolean isNoneMostly(Pte pte) {
        return pte.equals(Pte.NONE) || pte instanceof Pte.Marker;
    }

    /// {@return whether there is nothing at all}
    @Models(file = "arch/x86/include/asm/pgtable.h", symbol = "pte_none")
    public static boolean isNone(Pte pte) {
        return pte.equals(Pte.NONE);
    }
}
