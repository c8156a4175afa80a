package dev.faultline.mutants;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// What became of each mutant of a group that was tried, as Markdown.
final class MutantsReport {
    private static final String OPEN = "open";

    /// How many standard deviations the interval of a sample reaches to either side.
    private static final double DEVIATIONS = 1.96;

    private final Group group;
    private final Mutants mutants;
    private final Map<String, String> reasons;
    private final List<Row> rows = new ArrayList<>();

    private record Row(Site site, Optional<String> by) {}

    /// @param reasons why nothing notices the mutants that nothing notices; from the word `open` on if something should
    MutantsReport(Group group, Mutants mutants, Map<String, String> reasons) {
        this.group = group;
        this.mutants = mutants;
        this.reasons = reasons;
    }

    void add(Site site, Optional<String> by) {
        rows.add(new Row(site, by));
    }

    private boolean isEquivalent(Row row) {
        String reason = reasons.getOrDefault(row.site().key(), OPEN);
        return row.by().isEmpty() && !reason.startsWith(OPEN);
    }

    private long count(Optional<Site.Sort> sort, Predicate<Row> which) {
        return rows.stream().filter(row -> sort.isEmpty() || row.site().sort() == sort.get()).filter(which).count();
    }

    private long noticed() {
        return count(Optional.empty(), row -> row.by().isPresent());
    }

    private long noticeable() {
        return count(Optional.empty(), row -> !isEquivalent(row));
    }

    /// {@return the share of those that are noticed among those that could be}
    double share() {
        return (double) noticed() / Math.max(1, noticeable());
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "# What is left out of %s is noticed%n%nSee [mutants.md](../mutants.md). %s%n%n",
                String.join(" and ", group.packages().stream().map(name -> "`" + name + "`").toList()), scope()));
        text.append("| left out | places | nothing could notice | noticed | not noticed | share |\n|---|---|---|---|---|---|\n");
        for (Site.Sort sort : Site.Sort.values()) {
            row(text, sort.words(), Optional.of(sort));
        }
        row(text, "all", Optional.empty());
        list(text, "Not noticed, though something could", row -> row.by().isEmpty() && !isEquivalent(row));
        list(text, "What nothing could notice", this::isEquivalent);
        return text.toString();
    }

    private String scope() {
        String sampled = rows.size() == mutants.sites(group).size() ? "All places were tried." : String.format(Locale.ROOT,
                "A sample of %d of %d places was tried, drawn with the seed %d; the share lies between %.1f %% and %.1f %% (95 %%).",
                rows.size(), mutants.sites(group).size(), Group.SEED, 100 * bound(-DEVIATIONS), 100 * bound(DEVIATIONS));
        return mutants.trials() + " tests. " + sampled;
    }

    /// Wilson's interval.
    private double bound(double deviations) {
        double n = Math.max(1, noticeable());
        double square = DEVIATIONS * DEVIATIONS;
        double spread = deviations * Math.sqrt(share() * (1 - share()) / n + square / (4 * n * n));
        return (share() + square / (2 * n) + spread) / (1 + square / n);
    }

    private void row(StringBuilder text, String words, Optional<Site.Sort> sort) {
        long all = count(sort, row -> true);
        long same = count(sort, this::isEquivalent);
        long noticed = count(sort, row -> row.by().isPresent());
        text.append(String.format(Locale.ROOT, "| %s | %d | %d | %d | %d | %.1f %% |%n", words, all, same, noticed,
                all - same - noticed, 100.0 * noticed / Math.max(1, all - same)));
    }

    private void list(StringBuilder text, String title, Predicate<Row> which) {
        text.append("\n## ").append(title).append("\n| where, and what | why |\n|---|---|\n");
        for (Row row : rows) {
            if (which.test(row)) {
                String reason = reasons.getOrDefault(row.site().key(), !mutants.isReached(row.site()) ? "no test comes by"
                        : row.site().sort() == Site.Sort.CHECK && !mutants.goesBothWays(row.site())
                        ? "it comes out the same in all tests" : "");
                text.append("| `").append(row.site().key()).append("` | ").append(reason).append(" |\n");
            }
        }
    }
}
