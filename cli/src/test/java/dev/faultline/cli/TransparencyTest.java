package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.mutants.Transparent;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Random programs of two threads beside what the kernel does with pages of its own accord. More of them with
/// `-Dfaultline.transparency=1000`.
class TransparencyTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.transparency", 60);
    private static final long LONG_MILLIS = 1_000;

    @Test
    void nobodyNoticesWhatTheKernelDoesWithPages() {
        int compared = 0;
        for (long seed = Transparent.FIRST_SEED; seed < Transparent.FIRST_SEED + PROGRAMS; seed++) {
            Optional<Transparent> trial = Transparent.of(seed);
            if (trial.isPresent()) {
                long end = Budget.now() + LONG_MILLIS;
                boolean same = trial.get().passes(() -> Budget.now() > end);
                assertEquals(Optional.empty(), trial.get().difference());
                assertTrue(same, trial.get().name());
                compared += trial.get().wasCompared() ? 1 : 0;
            }
        }
        assertTrue(compared >= PROGRAMS / 4, "only " + compared + " were explored to the end");
    }
}
