package dev.faultline.kernel.mm;

import dev.faultline.machine.task.Digest;

/// A page-table entry of the lowest level.
public sealed interface Pte {
    /// Nothing is mapped.
    Pte NONE = new None();

    /// Nothing is mapped.
    record None() implements Pte {}

    /// A page is mapped.
    ///
    /// @param writable      whether writes are permitted
    /// @param dirty         whether it was written through this entry
    /// @param special       whether the page must not be touched as a `struct page` (`pte_special`)
    /// @param anonExclusive whether this anonymous page belongs to this entry alone (`PG_anon_exclusive`)
    record Present(Folio folio, boolean writable, boolean dirty, boolean special, boolean anonExclusive)
            implements Pte {
        /// {@return this entry after a write through it}
        Present mkDirty() {
            return new Present(folio, writable, true, special, anonExclusive);
        }

        /// {@return this entry, permitting writes, and written through}
        Present mkWrite() {
            return new Present(folio, true, true, special, anonExclusive);
        }

        /// {@return this entry without the permission to write, and clean}
        Present wrProtectClean() {
            return new Present(folio, false, false, special, anonExclusive);
        }
    }

    /// {@return an entry for a page of a file}
    static Present file(Folio folio, boolean writable, boolean dirty) {
        return new Present(folio, writable, dirty, false, false);
    }

    /// {@return an entry for a page that belongs to this entry alone}
    static Present anonymous(Folio folio, boolean writable) {
        return new Present(folio, writable, writable, false, true);
    }

    /// {@return a read-only entry for the page of zeroes that everybody shares}
    static Present zeroPage(Folio zero) {
        return new Present(zero, false, false, true, false);
    }

    /// {@return an entry for memory of a device, without a `struct page` that could be used}
    static Present raw(Folio deviceMemory, boolean writable) {
        return new Present(deviceMemory, writable, writable, true, false);
    }

    /// {@return whether an access of this sort succeeds without a fault}
    default boolean permits(boolean write) {
        return this instanceof Present present && (!write || present.writable);
    }

    /// {@return a hash of the entry; 0 for none}
    default long hash() {
        return switch (this) {
            case None _ -> 0;
            case Present p -> Digest.mix(p.folio.pfn() + 1,
                    (p.writable ? 1 : 0) + (p.dirty ? 2 : 0) + (p.special ? 4 : 0) + (p.anonExclusive ? 8 : 0));
        };
    }
}
