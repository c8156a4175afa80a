package dev.faultline.kernel.mm;

import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// An open file that areas map, as memory management sees it (`vm_file`).
public interface MappedFile {
    /// Makes the file's data and size durable (`vfs_fsync_range`). Called without locks.
    ///
    /// @return the first error that was not reported through this open file yet
    Optional<Errno> fsync();

    /// Takes pages out, and zeroes the parts of pages at either end. Called without locks.
    ///
    /// @return nothing on success
    Optional<Errno> punchHole(long offset, long lengthBytes);
}
