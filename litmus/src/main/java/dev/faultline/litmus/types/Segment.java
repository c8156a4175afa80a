package dev.faultline.litmus.types;

/// Where in a process an address that the program names lies.
public enum Segment {
    /// The globals: readable and writable.
    DATA,
    /// String literals: readable only.
    READ_ONLY,
    /// The stack frame of the running body; offset 0 is its lowest byte.
    STACK
}
