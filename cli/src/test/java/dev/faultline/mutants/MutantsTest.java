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
/// `-Dmutants.seconds=5` gives each so much time instead of two minutes.
class MutantsTest {
    private static final int SMALL_SAMPLE = 40;
    private static final double WANTED = 0.9;

    /// Less, as so small a sample varies.
    private static final double WANTED_OF_SMALL_SAMPLE = 0.8;

    @Test
    void whatIsLeftOutIsNoticed() throws IOException, ReflectiveOperationException {
        String asked = System.getProperty("mutants", "");
        if (asked.isEmpty()) {
            MutantsReport report = tried(Group.ALL.getFirst(), SMALL_SAMPLE);
            assertTrue(report.share() >= WANTED_OF_SMALL_SAMPLE, report.text());
            return;
        }
        List<String> low = new ArrayList<>();
        for (Group group : Group.ALL) {
            if (asked.equals("all") || List.of(asked.split(",")).contains(group.name())) {
                String only = System.getProperty("mutants.only", "");
                if (!only.isEmpty()) {
                    print(group, List.of(only.split(",")));
                    continue;
                }
                MutantsReport report = tried(group, group.sample());
                Files.writeString(group.report(), report.text());
                if (report.share() < WANTED) {
                    low.add(group.name() + ": " + report.share());
                }
            }
        }
        assertEquals(List.of(), low);
    }

    private static void print(Group group, List<String> classes) throws IOException, ReflectiveOperationException {
        Mutants mutants = new Mutants(group);
        Map<String, String> reasons = group.unnoticed();
        for (Site site : mutants.sites()) {
            if (classes.stream().anyMatch(name -> site.key().startsWith(name + ".") || site.key().startsWith(name + "$"))) {
                System.err.printf("%s | line %d | %s%n", site.key(), site.line(), mutants.noticedBy(site).map(by -> "noticed by " + by)
                        .orElseGet(() -> "NOT NOTICED" + reach(mutants, site) + reasons.getOrDefault(site.key(), "")));
            }
        }
    }

    private static String reach(Mutants mutants, Site site) {
        return !mutants.isReached(site) ? ", no test comes by; " : !mutants.goesBothWays(site) ? ", the same in all tests; " : "; ";
    }

    private static MutantsReport tried(Group group, int sample) throws IOException, ReflectiveOperationException {
        Mutants mutants = new Mutants(group);
        MutantsReport report = new MutantsReport(group, mutants, group.unnoticed());
        for (Site site : Group.drawn(mutants.sites(), sample)) {
            report.add(site, mutants.noticedBy(site));
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
