package dev.faultline.live.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.live.host.Ground;
import dev.faultline.live.host.Host;
import dev.faultline.live.host.HostUnavailable;
import dev.faultline.live.translate.Translator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Small programs on this host: every way in which a body can end is seen, and nothing is left behind.
class RunnerTest {
    private static final List<Path> GROUNDS = new ArrayList<>();

    private static Histogram run(String text, int rounds) {
        try {
            LitmusTest test = LitmusLoader.parse("t.litmus", "C t\n" + text, Setup.modelled());
            try (Ground ground = Host.prepare(test, false)) {
                GROUNDS.add(ground.folder());
                return Runner.run(Translator.translate(test), ground,
                        new RunOptions(rounds, Duration.ofSeconds(60), 1, () -> false));
            }
        } catch (HostUnavailable lacking) {
            return abort("this host cannot: " + lacking.getMessage());
        } catch (MalformedLitmusException malformed) {
            throw new AssertionError(malformed.diagnostics().toString(), malformed);
        }
    }

    private static List<List<Long>> outcomes(Histogram histogram) {
        assertEquals("", histogram.failure().orElse(""));
        return histogram.seen().stream().map(Histogram.Seen::values).toList();
    }

    @Test
    void roundsAreIndependentOfEachOther() {
        Histogram histogram = run("{\n}\nint g = 5;\nint *p;\ninit() { p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, "
                + "MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }\nP0() { g += 1; *p += 1; int r = *p; }\nforall (0:r = 1 /\\ g = 6)\n", 50);
        assertEquals(List.of(List.of(1L, 6L)), outcomes(histogram));
        assertEquals(50, histogram.seen().getFirst().rounds());
    }

    @Test
    void aSignalEndsTheBodyThatItHits() {
        assertEquals(List.of(List.of(1L, 11L, 7L)), outcomes(run("{\n}\nchar *p;\n"
                + "P0() { int r = 1; p[0] = 1; r = 2; }\nP1() { int r = 7; }\nforall (0:r = 1 /\\ 0:signal = 11 /\\ 1:r = 7)\n", 20)));
    }

    @Test
    void anAssertionAndADivisionEndABodyToo() {
        assertEquals(List.of(List.of(6L, 8L)), outcomes(run("{\n}\nint zero;\n"
                + "P0() { assert(zero == 1); }\nP1() { int r = 7 / zero; }\nforall (0:signal = 6 /\\ 1:signal = 8)\n", 5)));
    }

    @Test
    void errnoIsThatOfTheBody() {
        assertEquals(List.of(List.of(9L, 0L, -1L)), outcomes(run(
                "{\n}\nP0() { int r = close(77); }\nP1() { int r = 1; }\nforall (0:errno = 9 /\\ 1:errno = 0 /\\ 0:r = -1)\n", 5)));
    }

    @Test
    void processesHaveTheirOwnGlobals() {
        assertEquals(List.of(List.of(3L, 4L)), outcomes(run(
                "{\n}\nint g = 2;\nP0() { g += 1; int r = g; }\n[[process(b)]] P1() { g += 2; int r = g; }\n"
                + "forall (0:r = 3 /\\ 1:r = 4)\n", 20)));
    }

    @Test
    void aChildThatIsForkedEndsOnItsOwn() {
        assertEquals(List.of(List.of(1L, 768L)), outcomes(run(
                "{\n}\nint g = 1;\nP0() { int s; pid_t c = fork(); if (c == 0) { g = 2; _exit(3); } waitpid(c, &s, 0); int r = s; }\n"
                + "forall (g = 1 /\\ 0:r = 768)\n", 10)));
    }

    @Test
    void bothOrdersOfARaceAreSeen() {
        List<List<Long>> outcomes = outcomes(run(
                "{\n}\nint g;\nP0() { g = 1; int a = g; }\nP1() { g = 2; int b = g; }\nforall (0:a != 0 /\\ g != 0)\n", 2000));
        assertTrue(outcomes.contains(List.of(1L, 1L)) && outcomes.contains(List.of(1L, 2L)), outcomes.toString());
    }

    @Test
    void nothingIsLeftBehind() {
        run("{\n}\nP0() { int r = 1; }\nforall (0:r = 1)\n", 1);
        GROUNDS.forEach(folder -> assertTrue(Files.notExists(folder), folder.toString()));
    }
}
