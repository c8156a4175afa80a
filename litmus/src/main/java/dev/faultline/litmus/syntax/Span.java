package dev.faultline.litmus.syntax;

/// A place in a source file: `length` characters from `line` and `column`, both counted from 1, in
/// Unicode characters. A place never runs past the end of its line.
public record Span(int line, int column, int length) implements Comparable<Span> {
    /// Checks that the place can exist.
    public Span {
        if (line < 1 || column < 1 || length < 0) {
            throw new IllegalArgumentException("no such place: " + line + ":" + column + "+" + length);
        }
    }

    /// {@return the place from the start of this one to the end of `last`, or to the end of this one
    /// where `last` is on another line}
    public Span to(Span last) {
        if (last.line != line || last.column + last.length < column + length) {
            return this;
        }
        return new Span(line, column, last.column + last.length - column);
    }

    /// {@return the empty place right behind this one}
    public Span end() {
        return new Span(line, column + length, 0);
    }

    /// Orders places as they stand in the file; of two that start together the shorter comes first.
    @Override
    public int compareTo(Span other) {
        int order = Integer.compare(line, other.line);
        order = order != 0 ? order : Integer.compare(column, other.column);
        return order != 0 ? order : Integer.compare(length, other.length);
    }

    @Override
    public String toString() {
        return line + ":" + column;
    }
}
