package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Span;

/// A global variable, at `offset` bytes from the start of the data segment.
public record Global(String name, CType type, long offset, Span span) implements Variable {}
