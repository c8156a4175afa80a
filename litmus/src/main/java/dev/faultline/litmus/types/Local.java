package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Span;

/// A local variable of a body.
///
/// @param depth how many blocks of the body stand around its declaration; 0 is outermost
public record Local(String name, CType type, Storage storage, int depth, Span span) implements Variable {

    /// Where a local lives.
    public sealed interface Storage {
        /// A register: a scalar whose address nobody takes. It is 0 before its first assignment.
        record Register(int slot) implements Storage {}

        /// Memory at `offset` bytes from the lowest byte of the body's stack frame.
        record Stack(long offset) implements Storage {}
    }
}
