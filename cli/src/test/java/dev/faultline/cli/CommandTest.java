package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command as its user sees it: verdicts, exit status, JSON, replay.
class CommandTest {
    private static final String RECURSION = "../zoo/gfs2/direct-read-into-own-mapping.litmus";
    private static final String ENDLESS = "../zoo/gfs2/direct-write-from-untouched-memory.litmus";

    @TempDir
    private Path folder;

    @BeforeAll
    static void theZooIsBesideThisModule() {
        System.setProperty("faultline.home", "..");
    }

    @Test
    void aViolationThatTheFileExpectsIsAsAsked() {
        CommandLineRun run = CommandLineRun.of("check", RECURSION, "--kernel", "v5.14");
        assertEquals(0, run.status());
        assertTrue(run.out().contains("P0 waits for"), run.out());
        assertTrue(run.out().contains("gfs2_fault"), run.out());
        assertTrue(run.out().contains("holds"), run.out());
    }

    @Test
    void aViolationThatTheFileDoesNotSpeakOfIsOne() {
        assertEquals(1, CommandLineRun.of("check", "--quiet", RECURSION, "--kernel", "v5.13").status());
        assertEquals(0, CommandLineRun.of("check", "--quiet", RECURSION).status());
    }

    @Test
    void locksOfALivelockTellWhereTheyWereTaken() {
        CommandLineRun run = CommandLineRun.of("check", "--executions", "100", "../zoo/btrfs/punch-meets-load.litmus");
        assertEquals(1, run.status());
        assertTrue(run.out().contains("P0 (btrfs_punch_hole_lock_range) and P1 (user access) undo each other's work"), run.out());
        assertTrue(run.out().contains("P1 holds invalidate_lock of f (read), taken in do_user_addr_fault > "), run.out());
    }

    @Test
    void aFolderStandsForTheTestsInIt() throws IOException {
        CommandLineRun run = CommandLineRun.of("check", "--quiet", "../zoo/zonefs");
        long tests = Files.list(Path.of("../zoo/zonefs")).filter(path -> path.toString().endsWith(".litmus")).count();
        assertEquals(tests, run.out().lines().count(), run.out());
        assertEquals(2, CommandLineRun.of("check", folder.toString()).status());
    }

    @Test
    void aBudgetThatRunsOutIsIncomplete() throws IOException {
        Path file = Files.writeString(folder.resolve("w.litmus"), """
                C writers
                {
                }
                int g;
                P0() { g = 1; }
                P1() { g = 2; }
                P2() { g = 3; }
                exists (g = 3)
                """);
        CommandLineRun run = CommandLineRun.of("check", "--quiet", "--executions", "2", file.toString());
        assertEquals("writers: incomplete\n", run.out());
        assertEquals(3, run.status());
    }

    @Test
    void theCounterExampleReplays() {
        CommandLineRun checked = CommandLineRun.of("check", ENDLESS, "--kernel", "v5.14", "--patch", "gfs2-page-fault-v5");
        Matcher schedule = Pattern.compile("--schedule (\\S+)").matcher(checked.out());
        assertTrue(schedule.find(), checked.out());
        CommandLineRun replayed = CommandLineRun.of("replay", ENDLESS, "--kernel", "v5.14", "--patch",
                "gfs2-page-fault-v5", "--schedule", schedule.group(1));
        assertEquals(1, replayed.status());
        assertTrue(replayed.out().contains("=> livelock"), replayed.out());
        assertTrue(replayed.out().contains("for ever"), replayed.out());
    }

    @Test
    void jsonIsOneDocumentWithTheFieldsOfTheDesign() {
        CommandLineRun run = CommandLineRun.of("check", "--json", RECURSION, "--kernel", "v5.14");
        for (String field : new String[] {
            "\"faultline\":\"0.1.0\"", "\"tests\":[{", "\"name\":\"gfs2-direct-read-into-own-mapping\"", "\"kernel\":\"v5.14\"",
            "\"patches\":[]", "\"arch\":\"x86_64\"", "\"verdict\":\"deadlock\"", "\"kinds\":[\"deadlock\"]",
            "\"condition\":{\"text\":", "\"violations\":[{\"kind\":\"deadlock\",\"summary\":", "\"schedule\":", "\"switches\":0",
            "\"outcomes\":[", "\"executions\":1", "\"blocked\":0", "\"complete\":true", "\"bounds\":{\"steps\":100000}",
            "\"strategy\":\"dpor\"", "\"seed\":0", "\"elapsed_ms\":"
        }) {
            assertTrue(run.out().contains(field), run.out() + " lacks " + field);
        }
        assertEquals(1, run.out().lines().count());
    }

    @Test
    void theSameSeedWalksTheSameWay() {
        String[] args = {"check", "--json", "--strategy", "random", "--seed", "7", "--executions", "50", RECURSION};
        String timeless = "\"elapsed_ms\":\\d+";
        assertEquals(CommandLineRun.of(args).out().replaceAll(timeless, ""),
                CommandLineRun.of(args).out().replaceAll(timeless, ""));
    }

    @Test
    void aPartOfTheZooRunsByName() {
        CommandLineRun run = CommandLineRun.of("zoo", "mincore");
        assertEquals(0, run.status(), run.toString());
        assertTrue(run.out().contains("3 as expected, 0 not"), run.out());
    }

    @Test
    void kernelsPatchesAndCallsAreListed() {
        assertTrue(CommandLineRun.of("kernels").out().contains("v6.18  (today, the default)"));
        assertTrue(CommandLineRun.of("patches").out().contains("20210803191818.993968-1-agruenba@redhat.com"));
        assertTrue(CommandLineRun.of("syscalls").out().contains("pread\n"));
        assertEquals("faultline 0.1.0\n", CommandLineRun.of("--version").out());
    }
}
