package dev.faultline.litmus.syntax;

import java.util.List;
import java.util.Optional;

/// A declaration: one base type and what is declared with it.
public record Declaration(TypeName type, List<Declarator> declarators, Span span) {

    /// One declared name.
    ///
    /// @param pointers how many `*` stand before the name
    /// @param dimensions the array lengths in the order written
    public record Declarator(
            Word name, int pointers, List<Dimension> dimensions, Optional<Initializer> initializer, Span span) {}

    /// `[LENGTH]` or `[]`.
    public record Dimension(Optional<Expression> length, Span span) {}

    /// What a variable begins with.
    public sealed interface Initializer {
        /// {@return where it stands}
        Span span();

        /// One value; a string literal may fill an array.
        record Single(Expression value) implements Initializer {
            @Override
            public Span span() {
                return value.span();
            }
        }

        /// `{ A, .name = B, [3] = C }`.
        record Braced(List<Element> elements, Span span) implements Initializer {}
    }

    /// One entry of a braced initialiser.
    public record Element(Optional<Designator> designator, Initializer value) {}

    /// Which element an entry is for.
    public sealed interface Designator {
        /// `.name`.
        record Named(Word name) implements Designator {}

        /// `[index]`.
        record Numbered(Expression index) implements Designator {}
    }
}
