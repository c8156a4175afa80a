package dev.faultline.litmus.syntax;

import java.util.List;
import java.util.stream.Collectors;

/// A litmus file cannot be used as it is; the [#diagnostics] say why. The one exception that reading,
/// parsing and checking a file may throw.
public final class MalformedLitmusException extends Exception {
    private final List<Diagnostic> diagnostics;

    /// Makes the exception for at least one diagnostic.
    public MalformedLitmusException(List<Diagnostic> diagnostics) {
        super(diagnostics.stream().map(Diagnostic::render).collect(Collectors.joining("\n")));
        if (diagnostics.isEmpty()) {
            throw new IllegalArgumentException("nothing is wrong");
        }
        this.diagnostics = List.copyOf(diagnostics);
    }

    /// {@return what is wrong, in the order of the file; never empty}
    public List<Diagnostic> diagnostics() {
        return diagnostics;
    }
}
