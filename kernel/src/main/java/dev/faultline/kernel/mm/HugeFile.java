package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import java.util.Optional;

/// Huge pages of files that one entry of the middle level maps. Nothing is kept of such an entry when the page is to be mapped
/// by a table: it is taken out, and faults find the page in the cache again.
///
/// Linux asks the machine's setting for neither; here an address space has such entries only where there is [Thp] at all.
public final class HugeFile {
    private HugeFile() {}

    /// Maps a huge page as a whole, of which the page of a fault is a part, where nothing is yet. The caller has locked it;
    /// on success its reference is taken over. Two steps at most.
    ///
    /// @param write whether the fault is a write
    /// @return whether it is mapped; otherwise the page alone can be
    @Models(file = "mm/memory.c", symbol = "do_set_pmd")
    public static boolean doSetPmd(VmFault fault, Folio page, boolean write) {
        return page.isLarge() && page.isFileBacked() && doSetPmd(fault.vma(), fault.address(), page.head(), write);
    }

    static boolean doSetPmd(Vma vma, long address, Folio head, boolean write) {
        Optional<PmdSlot> pmd = vma.mm().pmd(address);
        return pmd.isPresent() && !vma.has(VmFlag.NOHUGEPAGE) && Thp.isSuitable(vma, address)
                && pmd.get().read() instanceof Pmd.None && pmd.get().set(entry(vma, head, write));
    }

    private static Pte.Present entry(Vma vma, Folio head, boolean write) {
        return Pte.file(head, write || !wantsWritenotify(vma), write).permittedBy(vma);
    }

    /// {@return whether the first write through an entry of the area has to fault, or any}
    @Models(file = "mm/vma.c", symbol = "vma_wants_writenotify")
    private static boolean wantsWritenotify(Vma vma) {
        return !vma.has(VmFlag.SHARED) || !vma.has(VmFlag.WRITE) || vma.has(VmFlag.UFFD_WP)
                || vma.file().filter(file -> file.operations().wantsPageMkwrite()).isPresent();
    }

    /// Gives back what an entry had that was taken out, as the page is to be mapped by a table from now on. The page has
    /// been written if it was through that entry.
    @Models(file = "mm/huge_memory.c", symbol = "__split_huge_pmd_locked")
    static void drop(Pte.Present first) {
        Folio head = first.folio();
        if (first.dirty()) {
            head.mapping().ifPresent(mapping -> mapping.dirtyFolio(head));
        }
        head.putMapping();
    }
}
