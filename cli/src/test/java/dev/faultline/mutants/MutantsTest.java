package dev.faultline.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What is left out of the kernel is noticed: a sample of the first group. With `-Dmutants=all` all groups, or with
/// `-Dmutants=gfs2,mm` those, which writes docs/mutants/gfs2.md and docs/mutants/mm.md. With `-Dmutants=mm
/// -Dmutants.only=mm.Fork,mm.Gup` all places of those classes, which prints what became of each, and with
/// `-Dmutants.seconds=5` gives each so much time instead of two minutes, and a quarter of it where there is a reason why nothing
/// could notice.
class MutantsTest {
    private static final int SMALL_SAMPLE = 40;
    private static final double WANTED = 0.9;

    /// Less, as so small a sample varies.
    private static final double WANTED_OF_SMALL_SAMPLE = 0.8;

    @Test
    void whatIsLeftOutIsNoticed() throws IOException, ReflectiveOperationException {
        String asked = System.getProperty("mutants", "");
        if (asked.isEmpty()) {
            Group first = Group.ALL.getFirst();
            MutantsReport report = tried(first, new Mutants(List.of(first)), SMALL_SAMPLE);
            assertTrue(report.share() >= WANTED_OF_SMALL_SAMPLE, report.text());
            return;
        }
        List<Group> left = new ArrayList<>(Group.ALL);
        left.removeIf(group -> !asked.equals("all") && !List.of(asked.split(",")).contains(group.name()));
        List<String> only = List.of(System.getProperty("mutants.only", "").split(","));
        List<String> low = new ArrayList<>();
        while (!left.isEmpty()) {
            Group first = left.getFirst();
            List<Group> together = left.stream().filter(first::hasTestsOf).toList();
            left.removeAll(together);
            Mutants mutants = new Mutants(together);
            for (Group group : together) {
                if (!only.equals(List.of(""))) {
                    print(group, mutants, only);
                    continue;
                }
                MutantsReport report = tried(group, mutants, group.sample());
                Files.writeString(group.report(), report.text());
                if (report.share() < WANTED) {
                    low.add(group.name() + ": " + report.share());
                }
            }
        }
        assertEquals(List.of(), low);
    }

    private static void print(Group group, Mutants mutants, List<String> classes) throws IOException {
        Map<String, String> reasons = group.unnoticed();
        for (Site site : mutants.sites(group)) {
            if (classes.stream().anyMatch(name -> site.key().startsWith(name + ".") || site.key().startsWith(name + "$"))) {
                System.err.printf("%s | line %d | %s%n", site.key(), site.line(), mutants.noticedBy(site).map(by -> "noticed by " + by)
                        .orElseGet(() -> "NOT NOTICED" + reach(mutants, site) + reasons.getOrDefault(site.key(), "")));
            }
        }
    }

    private static String reach(Mutants mutants, Site site) {
        return !mutants.isReached(site) ? ", no test comes by; " : !mutants.goesBothWays(site) ? ", the same in all tests; " : "; ";
    }

    private static MutantsReport tried(Group group, Mutants mutants, int sample) throws IOException {
        Map<String, String> reasons = group.unnoticed();
        MutantsReport report = new MutantsReport(group, mutants, reasons);
        for (Site site : Group.drawn(mutants.sites(group), sample)) {
            report.add(site, reasons.containsKey(site.key()) ? mutants.noticedAgainstReason(site) : mutants.noticedBy(site));
        }
        return report;
    }

    /// Nothing is excused that is not there any more.
    @Test
    void whatIsExcusedIsThere() throws IOException {
        List<String> packages = Group.ALL.stream().flatMap(group -> group.fullNames().stream()).toList();
        List<String> known = new MutatedClasses(packages).sites().stream().map(Site::key).toList();
        for (Group group : Group.ALL) {
            assertEquals(List.of(), group.unnoticed().keySet().stream().filter(key -> !known.contains(key)).toList());
        }
    }
}
