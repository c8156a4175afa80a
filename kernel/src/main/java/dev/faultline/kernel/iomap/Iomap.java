package dev.faultline.kernel.iomap;

import dev.faultline.kernel.block.BlockDevice;

/// Where a range of a file lies on a disk.
///
/// @param offset       in the file, in bytes
/// @param lengthBytes  how far the same holds
/// @param diskPosition on the disk, in bytes; of no meaning for a hole
/// @param isNew        whether the blocks were allocated just now, and hold what somebody else left there
public record Iomap(Type type, long offset, long lengthBytes, BlockDevice device, long diskPosition, boolean isNew) {
    /// A range that is not new.
    public Iomap(Type type, long offset, long lengthBytes, BlockDevice device, long diskPosition) {
        this(type, offset, lengthBytes, device, diskPosition, false);
    }

    /// What there is.
    public enum Type {
        /// Nothing: reads as zeroes.
        HOLE,
        /// Blocks.
        MAPPED,
        /// Blocks that nothing was written to since they were allocated: they read as zeroes.
        UNWRITTEN,
        /// Blocks that were promised to a buffered write, and are found when its pages are written.
        DELALLOC
    }

    /// {@return the same range, as one that was allocated just now}
    public Iomap asNew() {
        return new Iomap(type, offset, lengthBytes, device, diskPosition, true);
    }

    /// {@return the same range as one of that type}
    public Iomap as(Type otherType) {
        return new Iomap(otherType, offset, lengthBytes, device, diskPosition, isNew);
    }

    /// {@return where on the disk the byte at `pos` of the file lies}
    public long diskPositionOf(long pos) {
        return diskPosition + pos - offset;
    }
}
