package dev.faultline.bench.peers;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What we want to be true of the table, and what is.
final class Targets {
    private final Map<String, Measured> cells = new TreeMap<>();

    /// Notes a cell.
    void add(Row row, Tool tool, Measured measured) {
        cells.put(row + "|" + tool.name(), measured);
    }

    private Optional<Measured> of(Row row, String tool) {
        return Optional.ofNullable(cells.get(row + "|" + tool));
    }

    /// {@return one line for each of which there is something to say}
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        cold("last-zero", 15, 2).ifPresent(lines::add);
        cold("phil-ok", 12, 0.2).ifPresent(lines::add);
        of(Row.of("last-zero", 15), "Faultline").filter(m -> !Double.isNaN(m.speedUp())).ifPresent(m -> lines.add(
                "- two threads on last-zero 15: at least × 1.8; is " + Table.ratio(m.speedUp()) + met(m.speedUp() >= 1.8)));
        of(Row.of("abba-pad", 18), "Faultline").ifPresent(m -> lines.add(
                "- abba-pad 18 warm: at least 100,000 executions a second; is " + Table.whole(m.ratePerSecond())
                        + met(m.ratePerSecond() >= 100_000)));
        slowestViolation().ifPresent(lines::add);
        againstLincheck().ifPresent(lines::add);
        againstSpin().ifPresent(lines::add);
        return lines;
    }

    private Optional<String> cold(String program, int size, double seconds) {
        return of(Row.of(program, size), "Faultline").map(m -> "- " + program + " " + size + " cold: under " + seconds
                + " s; is " + Table.seconds(m.coldSeconds()) + " s" + met(m.coldSeconds() < seconds));
    }

    private static String met(boolean yes) {
        return yes ? ": met" : ": **missed**";
    }

    private Optional<String> slowestViolation() {
        return Row.ALL.stream().filter(row -> row.isViolation() && of(row, "Faultline").isPresent())
                .max(Comparator.comparingDouble(row -> of(row, "Faultline").orElseThrow().firstSeconds()))
                .map(row -> {
                    double worst = of(row, "Faultline").orElseThrow().firstSeconds();
                    return "- every deadlock and livelock found cold: under 0.2 s; the slowest is " + row + " with "
                            + Table.seconds(worst) + " s" + met(worst < 0.2);
                });
    }

    /// Where Lincheck gives up after fifty rounds and calls them a livelock, its executions are not what ours are.
    private boolean isMistaken(Row row) {
        return of(row, "Lincheck").orElseThrow().verdict().rightness(row.truth()).equals("no");
    }

    private Optional<String> againstLincheck() {
        List<Double> ratios = rowsOfBoth("Lincheck").stream().filter(row -> !isMistaken(row))
                .map(row -> of(row, "Faultline").orElseThrow().ratePerSecond()
                        / of(row, "Lincheck").orElseThrow().ratePerSecond())
                .filter(ratio -> !Double.isNaN(ratio)).sorted().toList();
        return ratios.isEmpty() ? Optional.empty() : Optional.of("- executions a second, warm, against Lincheck where it is not mistaken: "
                + "at least × 100; is × " + Table.whole(ratios.getFirst()) + " at least and × " + Table.whole(Median.of(ratios))
                + " in the middle" + met(ratios.getFirst() >= 100));
    }

    private Optional<String> againstSpin() {
        List<Row> both = rowsOfBoth("SPIN");
        List<String> later = both.stream().filter(row -> verdictSeconds(row, "Faultline") > verdictSeconds(row, "SPIN"))
                .map(Row::toString).toList();
        return both.isEmpty() ? Optional.empty() : Optional.of("- no verdict later than SPIN's with its compilation; later "
                + (later.isEmpty() ? "is none" : "are " + String.join(", ", later)) + met(later.isEmpty()));
    }

    private List<Row> rowsOfBoth(String peer) {
        return Row.ALL.stream().filter(row -> of(row, "Faultline").isPresent() && of(row, peer).isPresent()).toList();
    }

    private double verdictSeconds(Row row, String tool) {
        Measured m = of(row, tool).orElseThrow();
        return Double.isNaN(m.firstSeconds()) ? m.coldSeconds() : m.firstSeconds();
    }
}
