package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;

/// Where anonymous memory may be mapped by huge pages (`/sys/kernel/mm/transparent_hugepage/enabled`).
///
/// Of an address space that may have none the upper levels of the page table are not looked at in steps of their own:
/// tables are made as they are needed, and nobody can tell that they stay.
public enum Thp {
    /// Nowhere.
    NEVER,
    /// Where the program asked for it with madvise(2).
    MADVISE,
    /// Everywhere but where the program asked for small pages.
    ALWAYS;

    /// The seam at which another setting than [#NEVER] is put in.
    public static final Part<Thp> PART = new Part<>("mm.Thp", Thp.class);

    /// The bytes that one entry of the middle level maps (`HPAGE_PMD_SIZE`).
    static final long BYTES = 1L << 21;

    /// The pages of those (`HPAGE_PMD_NR`).
    static final int PAGES = 512;

    /// {@return whether an area may be mapped so, as far as the setting and the program's advice go}
    boolean permits(Vma vma) {
        return this != NEVER && !vma.has(VmFlag.NOHUGEPAGE) && (this == ALWAYS || vma.has(VmFlag.HUGEPAGE));
    }

    /// {@return whether one entry can map what an area has around an address: it has all of that, and a file's lies there as
    /// it does in the file}
    @Models(file = "include/linux/huge_mm.h", symbol = "thp_vma_suitable_order")
    public static boolean isSuitable(Vma vma, long address) {
        long start = start(address);
        boolean aligned = vma.file().isEmpty() || (vma.pageIndex(vma.start()) - vma.start() / Content.SIZE) % PAGES == 0;
        return aligned && vma.start() <= start && start + BYTES <= vma.end();
    }

    /// {@return the start of the range that one entry of the middle level maps}
    static long start(long address) {
        return address & -BYTES;
    }
}
