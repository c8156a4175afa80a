package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each mistake gets one clear message that names the place, and exit status 2; never a stack trace.
class BadInputTest {
    private static final String GOOD = "C good\n{\n}\nP0() { int r = 1; }\nforall (0:r = 1)\n";

    @TempDir
    private Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
    }

    private static void refused(CommandLineRun run, String... words) {
        assertEquals(2, run.status(), run.toString());
        for (String word : words) {
            assertTrue(run.err().contains(word), run.err() + " lacks: " + word);
        }
        assertFalse(run.err().contains("Exception") || run.err().contains("\tat "), run.err());
    }

    private void refusedText(String text, String... words) throws IOException {
        refused(CommandLineRun.of("check", file("bad.litmus", text).toString()), words);
    }

    @Test
    void anUnknownKernelIsNamed() throws IOException {
        refused(CommandLineRun.of("check", file("a.litmus", GOOD).toString(), "--kernel", "v9.9"), "v9.9", "v6.18");
    }

    @Test
    void anUnknownPatchIsNamedWithOneThatIsNear() throws IOException {
        refused(CommandLineRun.of("check", file("a.litmus", GOOD).toString(), "--patch", "gfs2-page-falt-v5"),
                "gfs2-page-falt-v5", "did you mean 'gfs2-page-fault-v5'?");
    }

    @Test
    void whatTheModelLacksIsRefusedAndNamed() throws IOException {
        refusedText("""
                C a
                { mount fuse /mnt; file /mnt/f 4096 'a'; }
                P0() { int fd = open("/mnt/f", O_RDWR); fallocate(fd, 0, 0, 4096); }
                """, "bad.litmus", "P0", "no model of fallocate");
        refusedText("""
                C b
                { }
                char *p;
                init() { p = mmap(NULL, 4194304, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
                P0() { madvise(p, 4194304, MADV_DONTNEED); }
                """, "bad.litmus", "P0", "1024 pages at once", "512");
    }

    @Test
    void aMissingFileIsNamed() {
        refused(CommandLineRun.of("check", folder.resolve("none.litmus").toString()), "none.litmus");
    }

    @Test
    void aFolderIsNoFile() {
        refused(CommandLineRun.of("check", folder.toString()), folder.toString());
    }

    @Test
    void anEmptyFileIsNoTest() throws IOException {
        refusedText("", "bad.litmus");
    }

    @Test
    void aBinaryFileIsNoTest() throws IOException {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {0x7f, 'E', 'L', 'F', 0, 1, (byte) 0xff});
        refused(CommandLineRun.of("check", binary.toString()), "binary");
    }

    @Test
    void aMissingBraceIsShownWithItsPlace() throws IOException {
        refusedText("C bad\n{\n}\nP0() { int r = 1;\nforall (0:r = 1)\n", "bad.litmus:", "error", "^");
    }

    @Test
    void anUndeclaredVariableIsShownWithItsPlace() throws IOException {
        refusedText("C bad\n{\n}\nP0() { int r = q; }\n", "bad.litmus:4:16", "q", "^");
    }

    @Test
    void aCallWithTooFewArgumentsIsShownWithItsPlace() throws IOException {
        refusedText("C bad\n{\n}\nP0() { int r = close(); }\n", "bad.litmus:4:16", "close", "^");
    }

    @Test
    void aCallThatTheModelLacksIsRefusedByName() throws IOException {
        refusedText("C bad\n{\n}\nP0() { int r = rename(\"a\", \"b\"); }\n", "bad.litmus:4:16", "rename", "^");
    }

    @Test
    void aMachineWithoutMemoryIsRefused() throws IOException {
        refusedText("C bad\n{\n  memory 0;\n}\nP0() { int r = 1; }\n", "bad.litmus:3:", "memory", "^");
    }

    @Test
    void anInitThatFailsIsToldWithItsLine() throws IOException {
        refusedText("C bad\n{\n  mount ext4 /mnt;\n}\ninit() {\n  int fd = open(\"/mnt/none\", O_RDWR);\n}\nP0() { int r = 1; }\n",
                "bad.litmus", "init", "line 6", "open", "ENOENT");
    }

    @Test
    void anInitThatIsKilledIsToldWithItsSignal() throws IOException {
        refusedText("C bad\n{\n}\nchar *p;\ninit() { p[0] = 1; }\nP0() { int r = 1; }\n", "bad.litmus", "init", "SIGSEGV");
    }

    @Test
    void theOtherFilesAreStillChecked() throws IOException {
        CommandLineRun run = CommandLineRun.of("check", "--quiet", file("bad.litmus", "C bad\n").toString(),
                file("good.litmus", GOOD).toString());
        refused(run, "bad.litmus");
        assertEquals("good: holds\n", run.out());
    }

    @Test
    void anOptionThatIsNotThereYetIsRefusedByName() throws IOException {
        Path good = file("good.litmus", GOOD);
        refused(CommandLineRun.of("check", good.toString(), "--html", "x.html"), "--html", "not there yet");
        refused(CommandLineRun.of("check", good.toString(), "--resume", "none"), "--resume none", "NoSuchFile");
        refused(CommandLineRun.of("check", good.toString(), "--resume", good.toString()), "no checkpoint");
        refused(CommandLineRun.of("check", good.toString(), "--checkpoint", "/dev/null/x", "--executions", "1"),
                "/dev/null/x", "cannot be written", "Not a directory");
        refused(CommandLineRun.of("check", good.toString(), "--threads", "0"), "--threads 0", "expected 1 to");
        refused(CommandLineRun.of("check", good.toString(), "--threads", "2", "--strategy", "pos"), "--threads 2", "dpor");
    }

    @Test
    void aStrategyThatIsNoneOrLacksWhatItNeedsIsTold() throws IOException {
        String good = file("good.litmus", GOOD).toString();
        refused(CommandLineRun.of("check", good, "--strategy", "dfs"), "'dfs'", "dpor, pb, pct, pos, surw, random and replay");
        refused(CommandLineRun.of("check", good, "--strategy", "replay"), "needs --schedule");
        refused(CommandLineRun.of("check", good, "--strategy", "replay", "--schedule", "x"), "'x' is not part of a schedule");
        refused(CommandLineRun.of("check", good, "--strategy", "replay", "--schedule", "0*5"),
                "good.litmus", "the execution ended after 0 steps, before the schedule did");
        refused(CommandLineRun.of("check", good, "--depth", "2"), "--depth is for --strategy pct");
        refused(CommandLineRun.of("check", good, "--strategy", "pct", "--depth", "0"), "--depth must be at least 1");
        refused(CommandLineRun.of("check", good, "--strategy", "pb", "--preemptions", "-1"), "--preemptions must be at least 0");
        refused(CommandLineRun.of("check", good, "--strategy", "pb", "--preemptions", "few"), "--preemptions", "few");
    }

    @Test
    void aScheduleThatIsNoneOrDoesNotFitIsTold() throws IOException {
        Path good = file("good.litmus", GOOD);
        refused(CommandLineRun.of("replay", good.toString(), "--schedule", "x"), "'x' is not part of a schedule");
    }

    @Test
    void conformNamesWhatItCannotRunOn() {
        refused(CommandLineRun.of("conform", "--fs", "fat"), "'fat'", "ext4");
        refused(CommandLineRun.of("conform", "--programs", "0"), "--programs", "at least 1");
        refused(CommandLineRun.of("conform", "--dir", folder.resolve("none").toString()), "none", "no folder");
        refused(CommandLineRun.of("conform", "--time", "soon"), "'soon'", "length of time");
        refused(CommandLineRun.of("conform", "--seed", "x"), "--seed", "x");
        refused(CommandLineRun.of("conform", "--record", folder.resolve("none/file").toString()), "no folder", "none/file");
        refused(CommandLineRun.of("conform", "--record", "x", "--threads", "2"), "--record", "one thread");
    }

    @Test
    void conformNamesWhatIsWrongWithARecord() throws IOException {
        refused(CommandLineRun.of("conform", "--against", folder.resolve("none.txt").toString()), "none.txt does not exist");
        refused(CommandLineRun.of("conform", "--against", file("a.txt", "C test").toString()), "a.txt", "line 1", "'Linux RELEASE");
        refused(CommandLineRun.of("conform", "--against", file("b.txt", "Linux 6.18 on fat").toString()), "'fat'", "ext4");
        refused(CommandLineRun.of("conform", "--against", file("c.txt", "Linux 6.18 on ext4\nfile f 0 0").toString()), "line 2");
        refused(CommandLineRun.of("conform", "--against",
                file("d.txt", "Linux 6.18 on ext4\nprogram\nclose 3 = -1 9 0 -\nprogram\nclose x").toString()), "lines 2 to 3", "answers");
    }

    @Test
    void liveNamesWhatItCannotRun() throws IOException {
        String good = file("good.litmus", GOOD).toString();
        refused(CommandLineRun.of("live"), "FILE");
        refused(CommandLineRun.of("live", folder.resolve("none.litmus").toString()), "none.litmus");
        refused(CommandLineRun.of("live", good, "--rounds", "0"), "--rounds", "more than nothing");
        refused(CommandLineRun.of("live", good, "--time", "soon"), "'soon'", "length of time");
        refused(CommandLineRun.of("live", good, "--kernel", "v9.9"), "v9.9");
        refused(CommandLineRun.of("live", file("bad.litmus", "C bad\n").toString(), "--emit-c"), "bad.litmus");
    }
}
