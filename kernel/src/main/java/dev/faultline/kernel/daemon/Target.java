package dev.faultline.kernel.daemon;

import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.pagecache.AddressSpace;

/// Where a page may be: known before anything runs, whether there is a page or not.
sealed interface Target {
    /// A page of a file, if it is cached.
    record OfFile(AddressSpace mapping, long index) implements Target {
        @Override
        public String toString() {
            return "page " + index + " of " + mapping;
        }
    }

    /// A page of a process, if there is one at the address.
    record OfProcess(Mm mm, long address) implements Target {
        @Override
        public String toString() {
            return "0x" + Long.toHexString(address) + " of " + mm;
        }
    }
}
