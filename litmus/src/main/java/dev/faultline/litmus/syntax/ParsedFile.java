package dev.faultline.litmus.syntax;

import java.util.List;
import java.util.Optional;

/// A litmus file as written.
///
/// @param doc the doc string without its quotes
/// @param machine the directives in the order written
/// @param parts globals and functions in the order written
public record ParsedFile(
        SourceFile source,
        Word name,
        Optional<Word> doc,
        List<Directive> machine,
        List<Part> parts,
        Optional<ConditionSyntax> condition,
        List<ExpectationSyntax> expectations) {}
