package dev.faultline.kernel.arch;

import dev.faultline.kernel.lib.Part;

/// What the processor does with an address before and after it has translated it.
///
/// An address of a program may carry a tag in its upper bits, and memory one for each granule of some bytes. Where the
/// area asks for it, an access to a granule of another tag faults, although the page is there and permits it: a fault
/// that no handler can resolve.
public enum Architecture {
    /// x86-64 without address masking: no tags.
    X86_64,
    /// arm64 as ARMv8.0 has it: no tags, and an entry that was not accessed yet, or not written, faults.
    ARM64,
    /// arm64 with the memory tagging extension: 16 bytes have a tag of four bits (`PROT_MTE`).
    ARM64_MTE,
    /// sparc64 with application data integrity: a cache line of 64 bytes has a version of four bits (`PROT_ADI`).
    SPARC64_ADI;

    /// The seam at which another architecture than x86-64 is put in.
    public static final Part<Architecture> PART = new Part<>("arch.Architecture", Architecture.class);

    private static final int TAG_MASK = 0xf;

    /// {@return whether memory can have tags}
    public boolean hasTags() {
        return this == ARM64_MTE || this == SPARC64_ADI;
    }

    /// {@return how many bytes have one tag}
    public int granuleBytes() {
        return switch (this) {
            case X86_64, ARM64 -> 4096;
            case ARM64_MTE -> 16;
            case SPARC64_ADI -> 64;
        };
    }

    private int tagShift() {
        return this == ARM64_MTE ? 56 : 60;
    }

    private int ignoredBits() {
        return switch (this) {
            case X86_64, ARM64 -> 0;
            case ARM64_MTE -> 8;
            case SPARC64_ADI -> 4;
        };
    }

    /// {@return the tag that an address carries}
    public int tagOf(long address) {
        return hasTags() ? (int) (address >>> tagShift()) & TAG_MASK : 0;
    }

    /// {@return the address without what the translation ignores} Addresses of programs only.
    public long untagged(long address) {
        return address << ignoredBits() >>> ignoredBits();
    }

    /// {@return the address with that tag in place of the one that it has}
    public long tagged(long address, int tag) {
        return address & ~((long) TAG_MASK << tagShift()) | (long) (tag & TAG_MASK) << tagShift();
    }

    /// {@return whether an access through an address of one tag to memory of another goes through} On sparc64 memory of
    /// the lowest and of the highest version matches every address.
    public boolean matches(int addressTag, int memoryTag) {
        return addressTag == memoryTag || this == SPARC64_ADI && (memoryTag == 0 || memoryTag == TAG_MASK);
    }

    /// {@return what asks for checks in the protection of mmap and mprotect (`PROT_*`); 0 for nothing}
    public int tagProtection() {
        return switch (this) {
            case X86_64, ARM64 -> 0;
            case ARM64_MTE -> 0x20;
            case SPARC64_ADI -> 0x10;
        };
    }

    /// {@return whether only memory without a disk behind it can have tags, and keeps them for good}
    public boolean tagsAnonymousMemoryOnly() {
        return this == ARM64_MTE;
    }

    /// {@return whether a thread has to ask for checks, and for system calls that take addresses with tags (prctl(2))}
    public boolean threadsOptIn() {
        return this == ARM64_MTE;
    }

    /// {@return whether the processor itself marks an entry as accessed and as dirty (on arm64 `FEAT_HAFDBS`)} Where it
    /// does not, an access to an entry that lacks the mark faults, and the fault sets it.
    public boolean marksEntries() {
        return this != ARM64;
    }

    /// {@return whether translations that other processors hold are flushed by interrupting them, so that who has turned
    /// interrupts off is waited for}
    public boolean flushesByInterrupt() {
        return this == X86_64 || this == SPARC64_ADI;
    }

    /// {@return whether faulting in can look below the size of a page (`ARCH_HAS_SUBPAGE_FAULTS`)} arm64 alone does.
    public boolean probesGranules() {
        return this == ARM64_MTE;
    }
}
