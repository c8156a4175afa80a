package dev.faultline.litmus.syntax;

import java.util.Arrays;
import java.util.HexFormat;

/// A row of bytes that never changes.
public final class Bytes {
    /// No byte at all.
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] content;

    private Bytes(byte[] content) {
        this.content = content;
    }

    /// {@return a copy of `content`}
    public static Bytes copyOf(byte[] content) {
        return new Bytes(content.clone());
    }

    /// {@return how many there are}
    public int length() {
        return content.length;
    }

    /// {@return the byte at `index`, 0 to 255}
    public int at(int index) {
        return content[index] & 0xff;
    }

    /// {@return a copy}
    public byte[] toArray() {
        return content.clone();
    }

    /// {@return the bytes in front of the first NUL as text: one character a byte}
    public String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < content.length && content[i] != 0; i++) {
            text.append((char) at(i));
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(content);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(content);
    }
}
