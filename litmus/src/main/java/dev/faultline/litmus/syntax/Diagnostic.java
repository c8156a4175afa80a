package dev.faultline.litmus.syntax;

import java.util.Optional;

/// What is wrong with a file, where, and what was expected there.
///
/// @param file the file as the user named it
/// @param span the place; none where the file as a whole is wrong (it is missing, empty, not text)
/// @param what what is wrong: `'fdd' is not declared`
/// @param expected what would be right: `a variable or a constant`
/// @param hint a near name that was perhaps meant
/// @param sourceLine the line of the place; empty where there is none
public record Diagnostic(
        String file, Optional<Span> span, String what, String expected, Optional<String> hint, String sourceLine) {
    private static final int WIDEST_LINE = 160;
    private static final int BEFORE_THE_CARET = 100;

    /// {@return the message in one line: `FILE:LINE:COLUMN: error: WHAT; expected WHAT`}
    public String headline() {
        String place = span.map(at -> ":" + at.line() + ":" + at.column()).orElse("");
        String meant = hint.map(near -> " (did you mean " + near + "?)").orElse("");
        return file + place + ": error: " + what + "; expected " + expected + meant;
    }

    /// {@return [#headline], and where there is a place, the line itself with a caret under the column}
    public String render() {
        return span.map(at -> headline() + "\n" + excerpt(at)).orElseGet(this::headline);
    }

    @Override
    public String toString() {
        return render();
    }

    private String excerpt(Span at) {
        int[] line = sourceLine.codePoints().map(Diagnostic::printable).toArray();
        int column = Math.min(at.column() - 1, line.length);
        int from = line.length <= WIDEST_LINE ? 0 : Math.max(0, column - BEFORE_THE_CARET);
        int to = Math.min(line.length, from + WIDEST_LINE);
        StringBuilder shown = new StringBuilder(new String(line, from, to - from)).append('\n');
        for (int i = from; i < column; i++) {
            shown.append(line[i] == '\t' ? '\t' : ' ');
        }
        int tail = Math.min(at.length(), to - column) - 1;
        return shown.append('^').repeat("~", Math.max(0, tail)).toString();
    }

    /// A terminal must not obey what a file contains.
    private static int printable(int character) {
        return character != '\t' && Character.isISOControl(character) ? '\uFFFD' : character;
    }
}
