package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Span;

/// A variable that a name of the program stands for.
public sealed interface Variable permits Local, Global {
    /// {@return its name}
    String name();

    /// {@return its type}
    CType type();

    /// {@return where it is declared}
    Span span();
}
