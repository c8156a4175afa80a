package dev.faultline.litmus.syntax;

import java.util.List;

/// A type as written: its words without `const` and `volatile`, e.g. `unsigned long` or `struct iovec`,
/// and how many `*` follow.
///
/// @param words the specifiers in the order written; `struct` and its name are two words
public record TypeName(List<Word> words, int pointers, Span span) {}
