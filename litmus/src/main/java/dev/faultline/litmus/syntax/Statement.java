package dev.faultline.litmus.syntax;

import java.util.List;
import java.util.Optional;

/// A C statement as written.
public sealed interface Statement {
    /// {@return where it stands: its first line}
    Span span();

    /// `{ … }`, a scope of its own.
    record Block(List<Statement> statements, Span span) implements Statement {}

    /// A declaration.
    record Declare(Declaration declaration) implements Statement {
        @Override
        public Span span() {
            return declaration.span();
        }
    }

    /// An expression for its effect.
    record Evaluate(Expression expression, Span span) implements Statement {}

    /// `;`
    record Empty(Span span) implements Statement {}

    /// `if`.
    record If(Expression test, Statement chosen, Optional<Statement> otherwise, Span span) implements Statement {}

    /// `while`.
    record While(Expression test, Statement body, Span span) implements Statement {}

    /// `do … while`.
    record DoWhile(Statement body, Expression test, Span span) implements Statement {}

    /// `for`, a scope of its own.
    record For(
            Statement start, Optional<Expression> test, Optional<Expression> step, Statement body, Span span)
            implements Statement {}

    /// `break`.
    record Break(Span span) implements Statement {}

    /// `continue`.
    record Continue(Span span) implements Statement {}

    /// `return`, with a value as written; a body of this language has none to return.
    record Return(Optional<Expression> value, Span span) implements Statement {}
}
