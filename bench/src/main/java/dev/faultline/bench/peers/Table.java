package dev.faultline.bench.peers;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// The table as Markdown.
final class Table {
    /// Its first two lines.
    static final String HEAD = line(List.of("program", "tool", "verdict", "right",
            "executions: complete + blocked, or states", "cold, s", "first violation, s", "warm, ms", "per second", "peak MB",
            "CPU, s", "2 threads", "trace: steps / switches", "names lock, owner, waiter", "replays"))
            + "\n|---|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|";

    private Table() {}

    /// {@return the line for what `tool` made of `row`}
    static String line(Row row, Tool tool, Measured m) {
        return line(List.of(row.toString(), tool.name(), m.verdict().word(), m.verdict().rightness(row.truth()),
                m.counted(), seconds(m.coldSeconds()), seconds(m.firstSeconds()), millis(m.warmSeconds()),
                whole(m.ratePerSecond()), whole(m.peakMegabytes()), seconds(m.cpuSeconds()), ratio(m.speedUp()), m.trace(),
                m.names(), m.replay()));
    }

    /// {@return the line for a tool that cannot express `row`}
    static String inexpressible(Row row, Tool tool) {
        return line(Stream.concat(Stream.of(row.toString(), tool.name()), Stream.generate(() -> "–").limit(13)).toList());
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    static String seconds(double value) {
        return Double.isNaN(value) ? "–" : Double.isInfinite(value) ? "time was up" : format("%.2f", value);
    }

    private static String millis(double value) {
        double millis = value * 1000;
        return Double.isNaN(value) ? "–" : Double.isInfinite(value) ? "time was up"
                : format(millis < 10 ? "%.3f" : "%.0f", millis);
    }

    static String whole(double value) {
        return Double.isNaN(value) ? "–" : format("%,.0f", value);
    }

    static String ratio(double value) {
        return Double.isNaN(value) ? "–" : format("× %.2f", value);
    }

    private static String format(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
