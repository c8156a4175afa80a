package dev.faultline.litmus.setup;

import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Word;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the numbers of directives: decimal or hexadecimal, with `K`, `M` or `G` behind for powers of 1024.
final class Amounts {
    private static final Pattern AMOUNT =
            Pattern.compile("(0[xX](?<hexadecimal>[0-9a-fA-F]{1,15})|(?<decimal>[0-9]{1,18}))(?<unit>[KMG]?)");

    private Amounts() {}

    /// {@return the number, if it is one from `least` to `most`; else it is reported as no `name`}
    static OptionalLong read(Word word, String name, long least, long most, Diagnostics diagnostics) {
        Matcher match = AMOUNT.matcher(word.text());
        if (!match.matches()) {
            diagnostics.report(word.span(), "'" + word + "' is no number of " + name, "a number such as 4096 or 4K");
            return OptionalLong.empty();
        }
        long number = match.group("decimal") == null
                ? Long.parseLong(match.group("hexadecimal"), 16) : Long.parseLong(match.group("decimal"));
        int shift = switch (match.group("unit")) {
            case "K" -> 10;
            case "M" -> 20;
            case "G" -> 30;
            default -> 0;
        };
        if (number > most >> shift || number << shift < least) {
            diagnostics.report(word.span(), "'" + word + "' is out of range for " + name, least + " to " + most);
            return OptionalLong.empty();
        }
        return OptionalLong.of(number << shift);
    }
}
