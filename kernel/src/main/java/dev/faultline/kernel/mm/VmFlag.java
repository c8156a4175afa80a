package dev.faultline.kernel.mm;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.uapi.Mman;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/// Properties of an area (`VM_*`).
public enum VmFlag {
    READ, WRITE, EXEC, SHARED, MAYREAD, MAYWRITE,
    /// Memory-mapped I/O: never touched behind the driver's back.
    IO,
    /// Raw page frames without a `struct page` to use.
    PFNMAP,
    /// Pages stay in memory: mlock(2).
    LOCKED,
    /// Read from front to back: a hint.
    SEQ_READ,
    /// Read here and there: a hint.
    RAND_READ,
    /// Not there in the child after a fork.
    DONTCOPY,
    /// Empty in the child after a fork.
    WIPEONFORK,
    /// Huge pages are welcome.
    HUGEPAGE,
    /// Small pages only.
    NOHUGEPAGE,
    /// Faults on pages that are not there go to the program (`VM_UFFD_MISSING`).
    UFFD_MISSING,
    /// Writes to protected pages go to the program (`VM_UFFD_WP`).
    UFFD_WP,
    /// Faults on pages that are in the page cache only go to the program (`VM_UFFD_MINOR`).
    UFFD_MINOR,
    /// Pages are huge ones of the pool (`VM_HUGETLB`).
    HUGETLB,
    /// Nothing is set aside for the pages (`VM_NORESERVE`); kept of areas with huge pages of the pool only.
    NORESERVE,
    /// The memory is accounted for, as it is private and was writable once.
    ACCOUNT,
    /// Accesses look at the tags of memory (`VM_MTE`, `VM_SPARC_ADI`).
    TAGGED,
    /// The memory can have tags (`VM_MTE_ALLOWED`).
    TAGS_ALLOWED;

    /// What an area has whose faults the program serves.
    public static final Set<VmFlag> UFFD =
            Collections.unmodifiableSet(EnumSet.of(UFFD_MISSING, UFFD_WP, UFFD_MINOR));

    /// {@return whether an area can have these properties (`arch_validate_flags`)}
    public static boolean areValid(Set<VmFlag> flags) {
        return !flags.contains(TAGGED) || flags.contains(TAGS_ALLOWED);
    }

    /// {@return what a protection asks for (`calc_vm_prot_bits`)}
    ///
    /// @param protection `PROT_*`
    public static EnumSet<VmFlag> ofProtection(Architecture architecture, int protection) {
        EnumSet<VmFlag> flags = EnumSet.noneOf(VmFlag.class);
        if ((protection & Mman.PROT_READ) != 0) {
            flags.add(READ);
        }
        if ((protection & Mman.PROT_WRITE) != 0) {
            flags.add(WRITE);
        }
        if ((protection & Mman.PROT_EXEC) != 0) {
            flags.add(EXEC);
        }
        if ((protection & architecture.tagProtection()) != 0) {
            flags.add(TAGGED);
        }
        return flags;
    }
}
