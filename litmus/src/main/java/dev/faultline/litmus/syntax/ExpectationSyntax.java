package dev.faultline.litmus.syntax;

import java.util.List;

/// `expect KERNEL [+ PATCH …] [on ARCH]: VERDICT` as written.
///
/// @param architecture the words of the architecture; none where the line has no `on`
public record ExpectationSyntax(
        Word kernel, List<PatchChange> patches, List<Word> architecture, List<Word> verdict, Span span) {

    /// `+ PATCH` or `- PATCH`.
    public record PatchChange(boolean applied, Word patch) {}
}
