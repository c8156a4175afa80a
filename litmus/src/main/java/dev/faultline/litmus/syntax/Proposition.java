package dev.faultline.litmus.syntax;

import java.util.Optional;

/// What a condition says of one execution, as written.
public sealed interface Proposition {

    /// `true`.
    record Always() implements Proposition {}

    /// `~ E` or `not E`.
    record Not(Proposition operand) implements Proposition {}

    /// `A /\ B`.
    record And(Proposition left, Proposition right) implements Proposition {}

    /// `A \/ B`.
    record Or(Proposition left, Proposition right) implements Proposition {}

    /// `A = B` and the like.
    record Comparison(Operand left, BinaryOperator operator, Operand right, Span span) implements Proposition {}

    /// One side of a comparison.
    sealed interface Operand {
        /// {@return where it stands}
        Span span();
    }

    /// `0:r`, `init:x`, `final:x[3]`.
    record LocalOperand(Word owner, Word name, Optional<Subscript> subscript, Span span) implements Operand {}

    /// A global, or a constant of the headers, perhaps negated.
    record NameOperand(Word name, Optional<Subscript> subscript, boolean negated, Span span) implements Operand {}

    /// A number or a character, perhaps negated.
    record LiteralOperand(Expression literal, boolean negated, Span span) implements Operand {}

    /// `[3]`.
    record Subscript(long value, Span span) {}
}
