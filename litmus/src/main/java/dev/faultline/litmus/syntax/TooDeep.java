package dev.faultline.litmus.syntax;

import java.util.List;
import java.util.Optional;

/// Unwinds the parser from a program that is nested more deeply than the stack of what walks it may bear.
final class TooDeep extends RuntimeException {
    /// The deepest tree, in rules of the grammar or nodes of an expression.
    static final int DEEPEST = 500;

    private final Span span;

    TooDeep(Span span) {
        super("nested too deeply");
        this.span = span;
    }

    /// {@return the diagnostic as the exception that callers know}
    MalformedLitmusException reportTo(Diagnostics diagnostics) {
        SourceFile source = diagnostics.source();
        return new MalformedLitmusException(List.of(new Diagnostic(
                source.name(), Optional.of(span), "this is nested too deeply", "a simpler expression or statement",
                Optional.empty(), source.line(span.line()))));
    }
}
