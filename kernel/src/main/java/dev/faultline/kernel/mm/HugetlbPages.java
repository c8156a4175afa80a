package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;

/// The huge pages that are set aside on each machine for programs that ask for them (`/proc/sys/vm/nr_hugepages`).
///
/// @param pages how many; [#NONE] stands for a machine on which nothing is said of them, where page tables need no places
///              for their entries
public record HugetlbPages(int pages) {
    /// The seam at which others than [#NONE] are put in.
    public static final Part<HugetlbPages> PART = new Part<>("mm.HugetlbPages", HugetlbPages.class);

    /// None, and nobody maps any.
    public static final HugetlbPages NONE = new HugetlbPages(-1);

    /// {@return whether programs may map some}
    boolean isThere() {
        return pages >= 0;
    }

    /// {@return how many there are}
    public int count() {
        return Math.max(pages, 0);
    }
}
