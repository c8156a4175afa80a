package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `check --checkpoint` and `--resume`.
class CheckpointTest {
    private static final String RACE = """
            C race
            {}
            int x;
            P0() { int a = x; x = a + 1; int b = x; }
            P1() { int a = x; x = a + 1; int b = x; }
            exists (x = 1)
            """;

    @TempDir
    private Path folder = Path.of("");

    private CommandLineRun check(String... more) {
        String[] all = new String[more.length + 2];
        all[0] = "check";
        all[1] = folder.resolve("race.litmus").toString();
        System.arraycopy(more, 0, all, 2, more.length);
        return CommandLineRun.of(all);
    }

    private static String counts(CommandLineRun run) {
        return run.out().replaceAll("(?s).*\"executions\":(\\d+),\"blocked\":(\\d+).*", "$1+$2");
    }

    @Test
    void aCheckInLegsComesToTheSame() throws IOException {
        Files.writeString(folder.resolve("race.litmus"), RACE);
        String kept = folder.resolve("kept").toString();
        CommandLineRun whole = check("--json");
        CommandLineRun leg = check("--json", "--executions", "2", "--checkpoint", kept);
        assertEquals(3, leg.status());
        assertTrue(leg.err().contains("--resume " + kept), leg.err());
        CommandLineRun rest = check("--json", "--resume", kept, "--checkpoint", kept, "--threads", "2");
        assertEquals(0, rest.status(), rest.err());
        assertEquals(counts(whole), counts(rest));
        assertFalse(Files.exists(Path.of(kept)));
    }

    @Test
    void whatIsKeptOfAnotherKernelIsRefused() throws IOException {
        Files.writeString(folder.resolve("race.litmus"), RACE);
        String kept = folder.resolve("kept").toString();
        check("--executions", "2", "--checkpoint", kept);
        CommandLineRun other = check("--resume", kept, "--kernel", "v5.14");
        assertEquals(2, other.status());
        assertTrue(other.err().contains("v6.18") && other.err().contains("v5.14"), other.err());
    }
}
