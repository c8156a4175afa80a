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
}
