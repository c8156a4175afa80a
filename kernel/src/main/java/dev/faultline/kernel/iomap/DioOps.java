package dev.faultline.kernel.iomap;

/// What a file system does when a direct write is over (`struct iomap_dio_ops`).
@FunctionalInterface
public interface DioOps {
    /// Nothing.
    DioOps NONE = (pos, lengthBytes) -> { };

    /// Called when the bytes are on disk and nobody has been told yet: makes blocks hold data, moves the size.
    void endIo(long pos, long lengthBytes);
}
