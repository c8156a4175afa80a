package dev.faultline.live.compare;

import dev.faultline.live.compare.Comparison.Row;
import java.util.List;

/// A comparison as a table, one outcome a line, in the manner of klitmus.
public final class ComparisonText {
    private ComparisonText() {}

    /// {@return the table and what it comes to}
    ///
    /// @param where the kernel and the file system
    /// @param schedules whether to show the schedules of outcomes that were never seen
    public static String of(Comparison comparison, String where, boolean schedules) {
        StringBuilder text = new StringBuilder();
        text.append(String.format("%s on %s: %,d rounds%n", comparison.test().name(), where, comparison.host().rounds()));
        comparison.rows().forEach(row -> text.append(line(comparison, row, schedules)));
        comparison.host().remarks().forEach(remark -> text.append("   ").append(remark).append('\n'));
        return text.append(conclusion(comparison)).append('\n').toString();
    }

    private static String line(Comparison comparison, Row row, boolean schedules) {
        String seen = row.observed() > 0 ? String.format("%,12d", row.observed()) : String.format("%12s", "never");
        String judged = row.isAllowed() ? "allowed" : comparison.complete() ? "FORBIDDEN" : "not found by the model";
        String way = schedules && row.observed() == 0
                ? row.witness().map(schedule -> "   [--schedule " + schedule + "]").orElse("") : "";
        return seen + "  " + row.text() + "   " + judged + way + "\n";
    }

    private static String conclusion(Comparison comparison) {
        List<String> breaking = comparison.rows().stream().filter(row -> !row.isAllowed()).map(Row::text).toList();
        return switch (comparison.verdict()) {
            case WITHIN -> "within the model" + (comparison.complete() ? "" : ", as far as it was explored")
                    + ": " + count(comparison) + " outcomes observed of "
                    + comparison.rows().size() + (comparison.complete() ? " allowed" : " found");
            case UNKNOWN -> "incomplete: the model was not explored to the end, and has not shown " + String.join(" | ", breaking);
            case BROKEN -> comparison.host().failure().map(failure -> "failed on this host: " + failure)
                    .orElse("NOT within the model: " + String.join(" | ", breaking));
        };
    }

    private static long count(Comparison comparison) {
        return comparison.rows().stream().filter(row -> row.observed() > 0).count();
    }
}
