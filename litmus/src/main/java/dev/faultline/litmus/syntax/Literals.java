package dev.faultline.litmus.syntax;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The values of C's literals. What is wrong with one is reported, and its value is then 0 or empty.
final class Literals {
    private static final Pattern INTEGER = Pattern.compile(
            "(0[xX](?<hexadecimal>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)|(?<octal>0[0-7]*)|(?<decimal>[1-9][0-9]*))"
                    + "(?<suffix>[uU]?(l|L|ll|LL)?|(l|L|ll|LL)[uU])");

    private final Diagnostics diagnostics;

    Literals(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    /// {@return an integer literal such as `0x10UL`}
    Expression.IntegerLiteral integer(Word word) {
        Matcher match = INTEGER.matcher(word.text());
        if (!match.matches()) {
            diagnostics.report(word.span(), "'" + word + "' is not an integer", "a number such as 4096, 0x1000 or 010u");
            return zero(word.span());
        }
        for (Expression.Base base : Expression.Base.values()) {
            String digits = match.group(base.name().toLowerCase(Locale.ROOT));
            if (digits != null) {
                return integer(word, new BigInteger(digits, radix(base)), base, suffix(match.group("suffix")));
            }
        }
        throw new AssertionError("the pattern matched no base: " + word);
    }

    private Expression.IntegerLiteral integer(
            Word word, BigInteger value, Expression.Base base, Expression.Suffix suffix) {
        if (value.bitLength() > 64) {
            diagnostics.report(word.span(), "'" + word + "' needs more than 64 bits", "a number below 2 to the 64th");
            return zero(word.span());
        }
        return new Expression.IntegerLiteral(value.longValue(), base, suffix, word.span());
    }

    private static Expression.IntegerLiteral zero(Span span) {
        return new Expression.IntegerLiteral(0, Expression.Base.DECIMAL, Expression.Suffix.NONE, span);
    }

    private static int radix(Expression.Base base) {
        return switch (base) {
            case DECIMAL -> 10;
            case HEXADECIMAL -> 16;
            case OCTAL -> 8;
            case BINARY -> 2;
        };
    }

    private static Expression.Suffix suffix(String text) {
        return switch (text.toUpperCase(Locale.ROOT)) {
            case "" -> Expression.Suffix.NONE;
            case "U" -> Expression.Suffix.U;
            case "L" -> Expression.Suffix.L;
            case "UL", "LU" -> Expression.Suffix.UL;
            case "LL" -> Expression.Suffix.LL;
            default -> Expression.Suffix.ULL;
        };
    }

    /// {@return the value of a character constant: one byte, sign-extended as a `char` of x86-64}
    int character(Word word) {
        byte[] bytes = unescape(word);
        if (bytes.length != 1) {
            diagnostics.report(word.span(), "the character constant " + word + " holds " + bytes.length + " bytes",
                    "exactly one, such as 'a', '\\n' or '\\x7f'");
            return 0;
        }
        return bytes[0];
    }

    /// {@return the bytes of a string literal, without a closing NUL}
    byte[] string(Word word) {
        return unescape(word);
    }

    private byte[] unescape(Word word) {
        String text = word.text();
        String inner = text.substring(1, text.length() - 1);
        var bytes = new ByteArrayOutputStream();
        int i = 0;
        while (i < inner.length()) {
            int character = inner.codePointAt(i);
            if (character == '\\') {
                i = escape(word, inner, i + 1, bytes);
            } else {
                bytes.writeBytes(Character.toString(character).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(character);
            }
        }
        return bytes.toByteArray();
    }

    /// Writes the byte of the escape whose letter is at `i`; {@return where the rest begins}
    private int escape(Word word, String text, int i, ByteArrayOutputStream bytes) {
        char letter = text.charAt(i);
        int simple = "abtnvfre'\"\\?".indexOf(letter);
        if (simple >= 0) {
            bytes.write("\u0007\b\t\n\u000b\f\r\u001b'\"\\?".charAt(simple));
            return i + 1;
        }
        boolean hexadecimal = letter == 'x';
        int from = hexadecimal ? i + 1 : i;
        int to = from;
        int most = Math.min(text.length(), from + (hexadecimal ? 2 : 3));
        while (to < most && Character.digit(text.charAt(to), hexadecimal ? 16 : 8) >= 0) {
            to++;
        }
        int value = to == from ? -1 : Integer.parseInt(text.substring(from, to), hexadecimal ? 16 : 8);
        if (value < 0 || value > 255) {
            diagnostics.report(word.span(), "'\\" + text.substring(i, Math.max(to, i + 1)) + "' is not an escape",
                    "one of \\n \\t \\r \\0 \\\\ \\' \\\" \\a \\b \\f \\v \\e, \\x and two hexadecimal digits, "
                            + "or up to three octal digits up to \\377");
            value = 0;
        }
        bytes.write(value);
        return Math.max(to, i + 1);
    }
}
