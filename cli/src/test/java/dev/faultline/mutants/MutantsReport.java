package dev.faultline.mutants;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What became of each mutant, as Markdown.
final class MutantsReport {
    private static final String OPEN = "open";

    private final Mutants mutants;
    private final Map<String, String> reasons;
    private final List<Row> rows = new ArrayList<>();

    private record Row(Site site, Optional<String> by) {}

    /// @param reasons why nothing notices the mutants that nothing notices; from the word `open` on if something should
    MutantsReport(Mutants mutants, Map<String, String> reasons) {
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

    private long count(Optional<Site.Sort> sort, java.util.function.Predicate<Row> which) {
        return rows.stream().filter(row -> sort.isEmpty() || row.site().sort() == sort.get()).filter(which).count();
    }

    /// {@return the share of those that are noticed among those that could be}
    double share() {
        long noticed = count(Optional.empty(), row -> row.by().isPresent());
        return (double) noticed / Math.max(1, count(Optional.empty(), row -> !isEquivalent(row)));
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append("""
                # What is left out is noticed

                Written by `mvn test -pl machine,explore,kernel,history,litmus,report,live,cli -Dtest=MutantsTest -Dmutants=all \
                -Dsurefire.failIfNoSpecifiedTests=false`; a sample runs with every build.

                In the packages `uffd` and `fs.tmpfs` of the kernel each lock, reference, check and other effect on what others
                see is left out, one at a time: a lock is neither taken nor given up by that task, a reference is not taken or
                not given up, a check always comes out as it does most often in the tests, a call whose result nobody uses is
                not made. Then every test that comes by that place runs: those of the kernel's packages, and those of
                `zoo/uffd` and `zoo/tmpfs`, on today's kernel. A mutant is noticed if one of them comes out otherwise; a test
                that only takes longer does not notice it. Where nothing could notice, the reason is given below, and it
                does not count.

                """);
        text.append(String.format(Locale.ROOT, "%d tests.%n%n", mutants.trials()));
        text.append("| left out | places | nothing could notice | noticed | not noticed | share |\n|---|---|---|---|---|---|\n");
        for (Site.Sort sort : Site.Sort.values()) {
            row(text, sort.words(), Optional.of(sort));
        }
        row(text, "all", Optional.empty());
        list(text, "Not noticed, though something could", row -> row.by().isEmpty() && !isEquivalent(row));
        list(text, "What nothing could notice", this::isEquivalent);
        return text.toString();
    }

    private void row(StringBuilder text, String words, Optional<Site.Sort> sort) {
        long all = count(sort, row -> true);
        long same = count(sort, this::isEquivalent);
        long noticed = count(sort, row -> row.by().isPresent());
        text.append(String.format(Locale.ROOT, "| %s | %d | %d | %d | %d | %.1f %% |%n", words, all, same, noticed,
                all - same - noticed, 100.0 * noticed / Math.max(1, all - same)));
    }

    private void list(StringBuilder text, String title, java.util.function.Predicate<Row> which) {
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
