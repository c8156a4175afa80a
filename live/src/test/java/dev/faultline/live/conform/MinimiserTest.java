package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.faultline.live.host.HostUnavailable;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MinimiserTest {
    /// Differs as soon as a write of at least 1000 bytes stands behind an opening of the file.
    private static Optional<Difference> difference(Program program) {
        boolean opened = false;
        for (int i = 0; i < program.calls().size(); i++) {
            Call call = program.calls().get(i);
            opened |= call.name().equals("open");
            if (opened && call.name().equals("pwrite") && call.number(2) >= 1000) {
                return Optional.of(Difference.between(program, i, Answer.value(5), Answer.error(14)));
            }
        }
        return Optional.empty();
    }

    private static Difference first() {
        Generator generator = new Generator("ext4");
        for (long seed = 0; ; seed++) {
            Optional<Difference> found = difference(generator.program(seed));
            if (found.isPresent()) {
                return found.get();
            }
        }
    }

    @Test
    void onlyWhatTheDifferenceNeedsIsLeft() throws HostUnavailable {
        Difference small = Minimiser.minimise(first(), MinimiserTest::difference, () -> false);
        assertEquals(List.of("open", "pwrite"), small.program().calls().stream().map(Call::name).toList());
        assertEquals(List.of(), small.program().files());
        long length = small.program().calls().getLast().number(2);
        assertFalse(length < 1000 || length >= 2000, "not halved as often as can be: " + length);
    }

    @Test
    void whoIsToldToStopGivesWhatThereIs() throws HostUnavailable {
        Difference first = first();
        assertEquals(first, Minimiser.minimise(first, MinimiserTest::difference, () -> true));
    }

    @Test
    void whatIsWrittenDownIsALitmusFile(@TempDir Path folder) throws Exception {
        Generator generator = new Generator("ext4");
        for (int seed = 0; seed < 300; seed++) {
            Program program = generator.program(seed);
            Difference difference = Difference.between(program, program.withLook().size() - 1, Answer.value(1), Answer.error(14));
            Path file = folder.resolve("c.litmus");
            Files.writeString(file, LitmusText.of(difference, "conform-" + seed, "ext4", "6.18"));
            LitmusTest test = LitmusLoader.load(file, Setup.modelled());
            assertEquals("conform-" + seed, test.name());
        }
    }
}
