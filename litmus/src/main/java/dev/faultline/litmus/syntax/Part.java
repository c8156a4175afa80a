package dev.faultline.litmus.syntax;

import java.util.List;
import java.util.Optional;

/// A part of the C of a file, at its outermost level.
public sealed interface Part {
    /// {@return where it starts}
    Span span();

    /// A declaration of globals.
    record Globals(Declaration declaration) implements Part {
        @Override
        public Span span() {
            return declaration.span();
        }
    }

    /// `[[ATTRIBUTES]] NAME() { … }`.
    record Function(List<Attribute> attributes, Word name, Statement.Block body, Span span) implements Part {}

    /// `NAME` or `NAME(VALUE)` between `[[` and `]]`.
    record Attribute(Word name, Optional<Word> value) {}
}
