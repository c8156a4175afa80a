package dev.faultline.live.translate;

import dev.faultline.litmus.syntax.SourceFile;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Constants;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.TypedExpression;
import java.util.OptionalLong;

/// Constants by the names that the test gives them.
final class Constant {
    private final SourceFile source;

    Constant(SourceFile source) {
        this.source = source;
    }

    /// {@return a constant as the test has it where that is its value, else as a number}
    Text text(TypedExpression.Const constant) {
        String written = written(constant.span());
        OptionalLong value = value(written);
        if (value.isPresent() && value.getAsLong() == constant.value()) {
            return new Text(written, written.contains("|") ? Text.BIT_OR : written.startsWith("-") ? Text.UNARY : Text.POSTFIX);
        }
        if (constant.type() instanceof CType.Pointer) {
            return pointer(constant);
        }
        return number(constant.type(), constant.value());
    }

    private static Text pointer(TypedExpression.Const constant) {
        return constant.value() == 0 ? Text.of("NULL")
                : new Text(CTypes.cast(constant.type()) + "0x" + Long.toHexString(constant.value()), Text.UNARY);
    }

    static Text number(CType type, long value) {
        boolean unsigned = type == IntegerType.UNSIGNED_LONG || type == IntegerType.UNSIGNED_LONG_LONG;
        if (value == Long.MIN_VALUE && !unsigned) {
            return Text.of("(-0x7fffffffffffffff - 1)");
        }
        String digits = unsigned ? Long.toUnsignedString(value) : Long.toString(value);
        String suffix = unsigned ? "UL" : value != (int) value ? "L" : "";
        return new Text(digits + suffix, digits.startsWith("-") ? Text.UNARY : Text.POSTFIX);
    }

    private String written(Span span) {
        String line = source.line(span.line());
        int start = line.offsetByCodePoints(0, Math.min(span.column() - 1, line.codePointCount(0, line.length())));
        int length = Math.min(span.length(), line.codePointCount(start, line.length()));
        return line.substring(start, line.offsetByCodePoints(start, length));
    }

    /// {@return what a text means: names of the headers joined by `|`, a character, or a decimal number}
    private static OptionalLong value(String text) {
        if (text.matches("-?[0-9]{1,9}") && (text.equals("0") || !text.startsWith("0"))) {
            return OptionalLong.of(Long.parseLong(text));
        }
        if (text.matches("'[ -&(-\\[\\]-~]'")) {
            return OptionalLong.of(text.charAt(1));
        }
        if (!text.matches("[A-Z_][A-Z0-9_]*( \\| [A-Z_][A-Z0-9_]*)*")) {
            return OptionalLong.empty();
        }
        long all = 0;
        for (String name : text.split(" \\| ")) {
            var known = Constants.named(name);
            if (known.isEmpty()) {
                return OptionalLong.empty();
            }
            all |= known.get().value();
        }
        return OptionalLong.of(all);
    }
}
