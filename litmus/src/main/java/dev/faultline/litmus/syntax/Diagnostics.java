package dev.faultline.litmus.syntax;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Collects what is wrong with one file. At most [#MOST] are kept: what follows so many is seldom news.
public final class Diagnostics {
    /// The number of diagnostics after which further ones are dropped.
    public static final int MOST = 10;

    private final SourceFile source;
    private final List<Diagnostic> found = new ArrayList<>();

    /// Makes an empty collection for `source`.
    public Diagnostics(SourceFile source) {
        this.source = source;
    }

    /// Reports that at `span` there is `what` where `expected` was expected.
    public void report(Span span, String what, String expected) {
        add(span, what, expected, Optional.empty());
    }

    /// Reports as [#report] and adds the one of `known` that is nearest to `word`, if any is near.
    public void reportUnknown(Word word, String what, String expected, Collection<String> known) {
        add(word.span(), what, expected, NearName.of(word.text(), known));
    }

    /// {@return whether nothing was reported}
    public boolean isEmpty() {
        return found.isEmpty();
    }

    /// {@return the source that is looked at}
    public SourceFile source() {
        return source;
    }

    /// Does nothing if nothing was reported.
    ///
    /// @throws MalformedLitmusException with all that was, in the order of the file
    public void throwIfAny() throws MalformedLitmusException {
        if (!found.isEmpty()) {
            List<Diagnostic> sorted = new ArrayList<>(found);
            sorted.sort(Comparator.comparing(diagnostic -> diagnostic.span().orElse(new Span(1, 1, 0))));
            throw new MalformedLitmusException(sorted);
        }
    }

    private void add(Span span, String what, String expected, Optional<String> hint) {
        if (found.size() < MOST) {
            found.add(new Diagnostic(
                    source.name(), Optional.of(span), what, expected, hint, source.line(span.line())));
        }
    }
}
