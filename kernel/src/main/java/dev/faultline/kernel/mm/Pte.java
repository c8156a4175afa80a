package dev.faultline.kernel.mm;

import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.machine.task.Digest;

/// A page-table entry of the lowest level.
public sealed interface Pte {
    /// Nothing is mapped.
    Pte NONE = new None();

    /// Nothing is mapped.
    record None() implements Pte {}

    /// Nothing is mapped, and the next access is told why (`pte_marker`).
    enum Marker implements Pte {
        /// What will be mapped is to be write-protected for the program's sake.
        UFFD_WP,
        /// Whoever touches it gets SIGBUS.
        POISONED
    }

    /// The page is in swap, or on its way there or back.
    ///
    /// @param exclusive whether it belongs to this entry alone
    /// @param uffdWp    whether writes to it are to be told to the program that serves the faults of the area
    record Swap(SwapEntry entry, boolean exclusive, boolean uffdWp) implements Pte {
        /// {@return this entry, after another one came to stand for the same page}
        Swap shared() {
            return new Swap(entry, false, uffdWp);
        }
    }

    /// The page is being moved to another frame: whoever needs it waits for the folio lock. The entry holds no reference.
    ///
    /// @param was what the entry was, and will be again for the frame that the page has then
    record Migration(Present was) implements Pte {
        /// {@return this entry, after another one came to stand for the same page, which a write has to copy from now on}
        Migration shared(boolean cow) {
            return cow ? new Migration(was.without(Present.WRITE | Present.ANON_EXCLUSIVE)) : this;
        }
    }

    /// A page is mapped.
    ///
    /// @param bits [#WRITE] and its like
    record Present(Folio folio, int bits) implements Pte {
        /// Writes are permitted.
        public static final int WRITE = 1;

        /// The page was written through this entry.
        public static final int DIRTY = 2;

        /// The page must not be touched as a `struct page` (`pte_special`).
        public static final int SPECIAL = 4;

        /// This anonymous page belongs to this entry alone (`PG_anon_exclusive`).
        public static final int ANON_EXCLUSIVE = 8;

        /// No access is permitted, as the area has `PROT_NONE` (`pte_protnone`).
        public static final int PROT_NONE = 16;

        /// Writes are to be told to the program that serves the faults of the area (`pte_uffd_wp`).
        public static final int UFFD_WP = 32;

        /// Memory is accessed with a look at its tags.
        public static final int TAGGED = 64;

        /// The page was not accessed through this entry since that was asked last (not `pte_young`). Only where the
        /// processor does not keep that mark itself: elsewhere nobody can tell.
        public static final int OLD = 128;

        /// {@return whether writes are permitted}
        public boolean writable() {
            return has(WRITE);
        }

        /// {@return whether the page was written through this entry}
        public boolean dirty() {
            return has(DIRTY);
        }

        /// {@return whether the page must not be touched as a `struct page`}
        public boolean special() {
            return has(SPECIAL);
        }

        /// {@return whether this anonymous page belongs to this entry alone}
        public boolean anonExclusive() {
            return has(ANON_EXCLUSIVE);
        }

        /// {@return whether no access is permitted}
        public boolean protNone() {
            return has(PROT_NONE);
        }

        /// {@return whether writes are to be told to the program}
        public boolean uffdWp() {
            return has(UFFD_WP);
        }

        /// {@return whether the next access faults, to be noted}
        public boolean old() {
            return has(OLD);
        }

        /// {@return this entry after an access through it}
        public Present mkYoung() {
            return without(OLD);
        }

        /// {@return whether memory is accessed with a look at its tags}
        public boolean tagged() {
            return has(TAGGED);
        }

        /// {@return this entry, with a look at tags if the area wants that}
        public Present taggedAs(Vma vma) {
            return vma.has(VmFlag.TAGGED) ? with(TAGGED) : without(TAGGED);
        }

        /// {@return this entry, which permits no access where the area permits none, and looks at tags as it does}
        public Present permittedBy(Vma vma) {
            return vma.permits(false) ? taggedAs(vma) : taggedAs(vma).with(PROT_NONE);
        }

        /// {@return this entry, writes through which are to be told to the program}
        public Present mkUffdWp() {
            return new Present(folio, bits & ~WRITE | UFFD_WP);
        }

        /// {@return whether the page is anonymous memory (`PageAnon`)}
        public boolean isAnonymous() {
            return !special() && !folio.isFileBacked();
        }

        private boolean has(int bit) {
            return (bits & bit) != 0;
        }

        /// {@return this entry with those bits as well}
        public Present with(int more) {
            return new Present(folio, bits | more);
        }

        /// {@return this entry without those bits}
        public Present without(int less) {
            return new Present(folio, bits & ~less);
        }

        /// {@return this entry after a write through it}
        public Present mkDirty() {
            return new Present(folio, bits & ~OLD | DIRTY);
        }

        /// {@return this entry, permitting writes, and written through}
        Present mkWrite() {
            return new Present(folio, bits & ~OLD | WRITE | DIRTY);
        }

        /// {@return this entry without the permission to write, and clean}
        Present wrProtectClean() {
            return without(WRITE | DIRTY);
        }
    }

    /// {@return an entry for a page of a file}
    static Present file(Folio folio, boolean writable, boolean dirty) {
        return new Present(folio, (writable ? Present.WRITE : 0) | (dirty ? Present.DIRTY : 0));
    }

    /// {@return an entry for a page that belongs to this entry alone}
    static Present anonymous(Folio folio, boolean writable) {
        return new Present(folio, Present.ANON_EXCLUSIVE | (writable ? Present.WRITE | Present.DIRTY : 0));
    }

    /// {@return a read-only entry for the page of zeroes that everybody shares}
    static Present zeroPage(Folio zero) {
        return new Present(zero, Present.SPECIAL);
    }

    /// {@return an entry for memory of a device, without a `struct page` that could be used}
    static Present raw(Folio deviceMemory, boolean writable) {
        return new Present(deviceMemory, Present.SPECIAL | (writable ? Present.WRITE | Present.DIRTY : 0));
    }

    /// {@return whether an access of this sort succeeds without a fault}
    default boolean permits(boolean write) {
        return this instanceof Present present && !present.protNone() && (!write || present.writable());
    }

    /// {@return a hash of the entry; 0 for none}
    default long hash() {
        return switch (this) {
            case None _ -> 0;
            case Marker marker -> -1 - marker.ordinal();
            case Swap(SwapEntry entry, boolean exclusive, boolean uffdWp) ->
                Digest.mix(-9 - entry.slot(), (exclusive ? 1 : 0) + (uffdWp ? 2 : 0));
            case Migration(Present was) -> Digest.mix(was.hash(), 21);
            case Present p -> Digest.mix(p.folio.pfn() + 1, p.bits);
        };
    }
}
