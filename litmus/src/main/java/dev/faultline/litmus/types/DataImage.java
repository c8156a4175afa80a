package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import java.util.List;

/// What a segment holds before the program starts.
///
/// @param relocations where the address of a segment must be added once it is known
public record DataImage(Bytes content, List<Relocation> relocations) {
    /// At `offset` stand 8 bytes that hold the address of `target` plus `addend`.
    public record Relocation(long offset, Segment target, long addend) {}

    /// {@return the size of the segment}
    public int size() {
        return content.length();
    }
}
