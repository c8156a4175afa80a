package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `check --strategy`: what each one answers, and what it says that it covers.
class StrategyTest {
    private static final String RECURSION = "../zoo/gfs2/direct-read-into-own-mapping.litmus";

    @TempDir
    private Path folder;

    private String writers = "";

    /// Two writers of one word, which both fault on the page that it is in.
    @BeforeEach
    void twoWriters() throws IOException {
        writers = Files.writeString(folder.resolve("w.litmus"), """
                C writers
                {
                }
                int g;
                P0() { g = 1; }
                P1() { g = 2; }
                exists (g = 2)
                """).toString();
    }

    @Test
    void everyStrategyFindsWhatTheFileExpects() {
        for (String strategy : List.of("dpor", "pb", "pct", "pos", "surw", "random")) {
            CommandLineRun run = CommandLineRun.of("check", "--quiet", RECURSION, "--kernel", "v5.14", "--strategy", strategy);
            assertEquals(0, run.status(), strategy + run);
            assertTrue(run.out().endsWith(": deadlock\n"), strategy + run);
        }
    }

    @Test
    void onlyWhatCoversEverythingHolds() {
        for (String strategy : List.of("pct", "pos", "surw", "random")) {
            CommandLineRun run = CommandLineRun.of("check", writers, "--strategy", strategy, "--executions", "100");
            assertEquals(3, run.status(), strategy + run);
            assertTrue(run.out().contains("writers on v6.18: incomplete"), run.out());
            assertTrue(run.out().contains("100 executions"), run.out());
            assertTrue(run.out().contains("not every interleaving is covered"), run.out());
        }
    }

    /// Without a preemption one goes before the other.
    @Test
    void preemptionBoundingSaysWhatItCovers() {
        CommandLineRun none = CommandLineRun.of("check", writers, "--strategy", "pb", "--preemptions", "0");
        assertEquals(3, none.status());
        assertTrue(none.out().contains("writers on v6.18: incomplete\n  2 executions, "), none.out());
        assertTrue(none.out().contains("\n  no violation with at most 0 preemptions: all 2 schedules were run\n"), none.out());
        CommandLineRun twice = CommandLineRun.of("check", writers, "--strategy", "pb");
        assertTrue(twice.out().contains("\n  no violation with at most 2 preemptions: all "), twice.out());
    }

    @Test
    void preemptionBoundingHoldsWhenNothingIsLeft() {
        CommandLineRun all = CommandLineRun.of("check", writers, "--strategy", "pb", "--preemptions", "1000");
        assertEquals(0, all.status());
        assertTrue(all.out().contains("writers on v6.18: holds"), all.out());
        assertTrue(all.out().contains("every interleaving is covered"), all.out());
        assertFalse(all.out().contains("no violation with"), all.out());
        CommandLineRun cut = CommandLineRun.of("check", writers, "--strategy", "pb", "--executions", "20");
        assertEquals(3, cut.status());
        assertTrue(cut.out().contains("no violation with at most 1 preemption: all "), cut.out());
    }

    @Test
    void pctSaysHowLikelyItFindsABug() {
        String out = CommandLineRun.of("check", writers, "--strategy", "pct", "--depth", "2", "--executions", "100").out();
        assertTrue(Pattern.compile("  a bug of depth 2 is found with probability at least 1/\\(2·\\d+\\^1\\) by each of \\d\\d "
                + "executions, 0\\.\\d+ by all").matcher(out).find(), out);
    }

    @Test
    void aScheduleIsReplayedAndCoversNothingElse() {
        CommandLineRun found = CommandLineRun.of("check", RECURSION, "--kernel", "v5.14");
        Matcher schedule = Pattern.compile("--schedule (\\S+)").matcher(found.out());
        assertTrue(schedule.find(), found.out());
        CommandLineRun run = CommandLineRun.of("check", RECURSION, "--kernel", "v5.14", "--strategy", "replay", "--schedule",
                schedule.group(1));
        assertEquals(0, run.status(), run.toString());
        assertTrue(run.out().contains("  1 execution, "), run.out());
        assertTrue(run.out().contains("--schedule " + schedule.group(1) + "\n"), run.out());
        CommandLineRun harmless = CommandLineRun.of("check", "--quiet", writers, "--strategy", "replay", "--schedule", "0.1.0.1");
        assertEquals("writers: incomplete\n", harmless.out());
        assertEquals(3, harmless.status());
    }

    @Test
    void theSameSeedDrawsTheSame() {
        for (String strategy : List.of("pct", "pos", "surw", "random")) {
            assertEquals(drawn(strategy, "7"), drawn(strategy, "7"));
            assertTrue(drawn(strategy, "7").contains("\"strategy\":\"" + strategy + "\",\"seed\":7"));
        }
    }

    private String drawn(String strategy, String seed) {
        return CommandLineRun.of("check", "--json", writers, "--strategy", strategy, "--seed", seed, "--executions", "50")
                .out().replaceAll("\"elapsed_ms\":\\d+", "");
    }
}
