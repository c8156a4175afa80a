package dev.faultline.mutants;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What is left out of `uffd` and `fs.tmpfs` is noticed: a sample of it; all of it with `-Dmutants=all`, which writes
/// docs/mutants.md.
class MutantsTest {
    private static final List<String> PACKAGES = List.of("dev.faultline.kernel.uffd", "dev.faultline.kernel.fs.tmpfs");
    private static final List<Path> ZOO = 
            List.of(Path.of("../zoo/uffd"), Path.of("../zoo/uffd-checklist"), Path.of("../zoo/tmpfs"));
    private static final Path CORPUS = Path.of("../zoo/live");
    private static final List<String> TESTS = List.of("dev/faultline/kernel/uffd/", "dev/faultline/kernel/fs/",
            "dev/faultline/kernel/mm/");
    private static final Path UNNOTICED = Path.of("src/test/resources/mutants-unnoticed.txt");
    private static final int SAMPLE = 40;
    private static final long SEED = 1;
    private static final double WANTED = 0.9;

    /// Less, as a machine that does other things as well may not get to the end of a test in time.
    private static final double WANTED_OF_SAMPLE = 0.8;

    /// The mutants that nothing notices, each with the reason why nothing could, or with `open` where something should.
    private static Map<String, String> unnoticed() throws IOException {
        Map<String, String> reasons = new TreeMap<>();
        for (String entry : Files.readAllLines(UNNOTICED)) {
            if (!entry.isBlank() && !entry.startsWith("//")) {
                int bar = entry.indexOf(" | ");
                reasons.put(entry.substring(0, bar), entry.substring(bar + 3));
            }
        }
        return reasons;
    }

    @Test
    void whatIsLeftOutIsNoticed() throws IOException, ReflectiveOperationException {
        Mutants mutants = new Mutants(PACKAGES, ZOO, CORPUS, TESTS);
        MutantsReport report = new MutantsReport(mutants, unnoticed());
        boolean all = "all".equals(System.getProperty("mutants"));
        for (Site site : all ? mutants.sites() : sample(mutants.sites())) {
            report.add(site, mutants.noticedBy(site));
        }
        if (all) {
            Files.writeString(Path.of("../docs/mutants.md"), report.text());
        }
        assertTrue(report.share() >= (all ? WANTED : WANTED_OF_SAMPLE), report.text());
    }

    private static List<Site> sample(List<Site> sites) {
        List<Site> shuffled = new ArrayList<>(sites);
        Collections.shuffle(shuffled, new Random(SEED));
        return shuffled.subList(0, SAMPLE);
    }

    /// Nothing is excused that is not there any more.
    @Test
    void whatIsExcusedIsThere() throws IOException {
        List<String> known = new MutatedClasses(PACKAGES).sites().stream().map(Site::key).toList();
        assertEquals(List.of(), unnoticed().keySet().stream().filter(key -> !known.contains(key)).toList());
    }
}
