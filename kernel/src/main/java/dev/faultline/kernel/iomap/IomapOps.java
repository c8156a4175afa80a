package dev.faultline.kernel.iomap;

import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// How a file system maps ranges of its files (`struct iomap_ops`).
public interface IomapOps {
    /// What is done with the range.
    enum Purpose {
        /// A read, or a direct write, which allocates nothing.
        LOOK_UP,
        /// A buffered write: blocks are allocated where there are none.
        WRITE
    }

    /// What [#begin] came to.
    sealed interface Begin {
        /// The range starts with this.
        record Mapped(Iomap iomap) implements Begin {}

        /// Why not.
        record Failed(Errno errno) implements Begin {}
    }

    /// Maps the start of a range, and takes what locks and transactions are needed until [#end].
    Begin begin(long pos, long lengthBytes, Purpose purpose);

    /// Ends what [#begin] started, of which `written` bytes were transferred.
    ///
    /// @return what a direct transfer that moved nothing fails with, instead of with its own error
    Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose);
}
