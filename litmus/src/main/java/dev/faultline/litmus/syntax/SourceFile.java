package dev.faultline.litmus.syntax;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The text of a litmus file under the name that the user gave.
public final class SourceFile {
    /// A program that can be explored is far smaller.
    private static final int MOST_BYTES = 1 << 20;

    private static final String WANTED = "a litmus file (UTF-8 text that begins with 'C NAME')";

    private final String name;
    private final String text;
    private final List<String> lines;

    /// Makes a source from a text; `name` stands in messages.
    public SourceFile(String name, String text) {
        this.name = name;
        this.text = text;
        this.lines = List.of(text.split("\r?\n", -1));
    }

    /// Reads a file.
    ///
    /// @throws MalformedLitmusException if it is missing, unreadable, a folder, empty, too large, or not text
    public static SourceFile read(Path path) throws MalformedLitmusException {
        String name = path.toString();
        if (Files.isDirectory(path)) {
            throw wrong(name, "this is a folder", WANTED);
        }
        if (!Files.exists(path)) {
            throw wrong(name, "there is no such file", WANTED);
        }
        if (!Files.isRegularFile(path)) {
            throw wrong(name, "this is not a regular file", WANTED);
        }
        return decode(name, readBytes(path, name));
    }

    private static byte[] readBytes(Path path, String name) throws MalformedLitmusException {
        try (var stream = Files.newInputStream(path)) {
            byte[] bytes = stream.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw wrong(name, "the file is larger than 1 MiB", "a small concurrent program");
            }
            return bytes;
        } catch (AccessDeniedException denied) {
            throw wrong(name, "the file may not be read", "permission to read it");
        } catch (IOException failure) {
            throw wrong(name, "the file cannot be read: " + failure.getMessage(), WANTED);
        }
    }

    /// Makes a source from the bytes of a file.
    ///
    /// @throws MalformedLitmusException if there are none, or they are not text
    public static SourceFile decode(String name, byte[] bytes) throws MalformedLitmusException {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                throw wrong(name, "this is not text: byte " + i + " is NUL", WANTED);
            }
        }
        String text = withoutMark(decodeUtf8(name, bytes));
        if (text.isBlank()) {
            throw wrong(name, "the file is empty", WANTED);
        }
        return new SourceFile(name, text);
    }

    private static String decodeUtf8(String name, byte[] bytes) throws MalformedLitmusException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(buffer).toString();
        } catch (CharacterCodingException notText) {
            throw wrong(name, "this is not text: byte " + buffer.position() + " is not UTF-8", WANTED);
        }
    }

    /// Some editors begin a file with a byte order mark.
    private static String withoutMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private static MalformedLitmusException wrong(String name, String what, String expected) {
        return new MalformedLitmusException(
                List.of(new Diagnostic(name, Optional.empty(), what, expected, Optional.empty(), "")));
    }

    /// {@return the name that stands in messages}
    public String name() {
        return name;
    }

    /// {@return the whole text}
    public String text() {
        return text;
    }

    /// {@return the line with this number, counted from 1, without its end; empty past the last}
    public String line(int number) {
        return number <= lines.size() ? lines.get(number - 1) : "";
    }

    @Override
    public String toString() {
        return name;
    }
}
