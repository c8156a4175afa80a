package dev.faultline.kernel.fs;

import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// What a file can be sealed against (`F_SEAL_*`): what is sealed once stays so.
public interface Seals {
    /// Adds seals.
    ///
    /// @return -EPERM if the file is sealed against more seals; -EBUSY if somebody could still write
    Optional<Errno> add(int seals);

    /// {@return the seals}
    int get();

    /// Counts an area through which the file may be written, before it is there, unless there must be none any more
    /// (`mapping_map_writable`).
    ///
    /// @return whether it may be there
    boolean mapWritable();

    /// Takes back what [#mapWritable] counted: the area is there by now, and counts itself.
    void unmapWritable();
}
