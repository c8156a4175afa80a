package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import dev.faultline.litmus.syntax.Span;
import java.util.List;

/// A statement with its expressions typed and its names resolved.
public sealed interface TypedStatement {
    /// {@return where it stands}
    Span span();

    /// Statements one after another.
    record Block(List<TypedStatement> statements, Span span) implements TypedStatement {}

    /// An expression for its effect.
    record Evaluate(TypedExpression expression, Span span) implements TypedStatement {}

    /// Fills a local array or struct with the bytes that it begins with. Stores of what is not known at load
    /// time follow.
    record Fill(TypedExpression.Address target, Bytes content, Span span) implements TypedStatement {}

    /// `test` is true if it is not 0; `otherwise` is an empty block where there is no `else`.
    record If(TypedExpression test, TypedStatement chosen, TypedStatement otherwise, Span span)
            implements TypedStatement {}

    /// A loop of any kind. Each turn: the test, the body, `step`; [LoopKind#BODY_FIRST] leaves out the first test.
    /// `continue` in the body goes on with `step`.
    record Loop(LoopKind kind, TypedExpression test, TypedStatement body, TypedStatement step, Span span)
            implements TypedStatement {}

    /// Ends the innermost loop.
    record Break(Span span) implements TypedStatement {}

    /// Ends this turn of the innermost loop.
    record Continue(Span span) implements TypedStatement {}

    /// Ends the body.
    record Return(Span span) implements TypedStatement {}

    /// Whether the test of a loop comes before its first turn.
    enum LoopKind { TEST_FIRST, BODY_FIRST }
}
