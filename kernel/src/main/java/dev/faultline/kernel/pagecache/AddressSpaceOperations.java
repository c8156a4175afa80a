package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// What a file system does for the pages of its files (`struct address_space_operations`).
public interface AddressSpaceOperations {
    /// Fills a locked folio from the device, marks it up to date, and unlocks it in any case.
    ///
    /// @return nothing on success; -EIO
    Optional<Errno> readFolio(AddressSpace mapping, Folio folio);

    /// Writes a locked, clean-marked folio to the device and unlocks it; has set and cleared
    /// [Folio#WRITEBACK] meanwhile.
    ///
    /// @return nothing on success; -EIO, -ENOSPC
    Optional<Errno> writeFolio(AddressSpace mapping, Folio folio);

    /// Takes a folio out of memory, if it can be brought back. The caller holds the folio lock, which is given up, and a
    /// reference; nothing maps the folio. Here: if it is clean, and nobody else refers to it.
    default void reclaim(AddressSpace mapping, Folio folio) {
        Truncate.mappingEvictFolio(mapping, folio);
        folio.lock().unlock();
    }

    /// {@return whether pages can go to swap}
    default boolean isSwapBacked() {
        return false;
    }

    /// {@return whether filling a page takes the device, and so time} A hole does not.
    default boolean readsDevice(AddressSpace mapping, long index) {
        return true;
    }
}
