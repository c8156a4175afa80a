package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Span;
import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the checks of all parts of one file share: its diagnostics, the globals, the string literals.
final class Surroundings {
    private final Diagnostics diagnostics;
    private final Modelled modelled;
    private final Map<String, Global> globals = new LinkedHashMap<>();
    private final Map<Bytes, Long> literals = new LinkedHashMap<>();
    private final ByteArrayOutputStream readOnly = new ByteArrayOutputStream();

    Surroundings(Diagnostics diagnostics, Modelled modelled) {
        this.diagnostics = diagnostics;
        this.modelled = modelled;
    }

    Diagnostics diagnostics() {
        return diagnostics;
    }

    Modelled modelled() {
        return modelled;
    }

    /// Reports and unwinds to the statement or declaration.
    Rejected reject(Span span, String what, String expected) {
        diagnostics.report(span, what, expected);
        return new Rejected();
    }

    Optional<Global> global(String name) {
        return Optional.ofNullable(globals.get(name));
    }

    Collection<Global> globals() {
        return globals.values();
    }

    void declare(Global global) {
        globals.put(global.name(), global);
    }

    /// {@return the offset of a literal, closed by a NUL, in the read-only segment; equal ones are one}
    long literal(Bytes text) {
        return literals.computeIfAbsent(text, bytes -> {
            long offset = readOnly.size();
            readOnly.writeBytes(bytes.toArray());
            readOnly.write(0);
            return offset;
        });
    }

    DataImage readOnlyImage() {
        return new DataImage(Bytes.copyOf(readOnly.toByteArray()), List.of());
    }

    /// {@return the source at `span`, as messages quote it}
    String quote(Span span) {
        int[] line = diagnostics.source().line(span.line()).codePoints().toArray();
        int from = Math.min(span.column() - 1, line.length);
        int to = Math.min(from + span.length(), line.length);
        String text = new String(line, from, Math.min(to - from, 40));
        return "'" + text + (to - from > 40 ? "..." : "") + "'";
    }
}
