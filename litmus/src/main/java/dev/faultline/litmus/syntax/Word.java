package dev.faultline.litmus.syntax;

/// One word of the source, at its place.
public record Word(String text, Span span) {
    @Override
    public String toString() {
        return text;
    }
}
