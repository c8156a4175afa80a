package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.Dpor;
import dev.faultline.machine.schedule.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// An exploration that is interrupted again and again comes to what it would have come to.
class CheckpointTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.programs", 3_000) / 4;
    private static final long SEED = Long.getLong("faultline.seed", 1);

    /// Keeps the last checkpoint, as text.
    private static final class Keeper implements Saver {
        private final List<String> kept = new ArrayList<>();
        private final boolean eager;

        Keeper(boolean eager) {
            this.eager = eager;
        }

        @Override
        public boolean isDue() {
            return eager;
        }

        @Override
        public String program() {
            return "test of checkpoints";
        }

        @Override
        public void save(Checkpoint checkpoint) {
            kept.add(checkpoint.text());
        }
    }

    private static Exploration inLegs(Program program, int executions, int threads) {
        Keeper keeper = new Keeper(false);
        ExploreOptions options = ExploreOptions.DEFAULT.withSaver(keeper).withThreads(threads);
        Exploration leg = Explorer.explore(program, new Dpor(), options.withExecutionLimit(executions));
        int legs = 1;
        while (!leg.complete() && legs++ < 10_000) {
            Checkpoint checkpoint = Checkpoint.parse(keeper.kept.removeLast());
            assertEquals("test of checkpoints", checkpoint.program());
            leg = Explorer.resume(program, checkpoint, options.withExecutionLimit((long) legs * executions));
        }
        return leg;
    }

    private static void same(Exploration alone, Exploration inLegs, String which) {
        assertEquals(alone.executions(), inLegs.executions(), which);
        assertEquals(counts(alone), counts(inLegs), which);
        assertEquals(alone.violations(), inLegs.violations(), which);
        assertEquals(alone.inversions(), inLegs.inversions(), which);
    }

    private static Map<List<Long>, Long> counts(Exploration exploration) {
        return exploration.outcomes().stream()
                .collect(Collectors.toMap(seen -> seen.outcome().values(), OutcomeCount::executions));
    }

    @Test
    void legsComeToTheWhole() {
        Program program = Programs.lastZero(10);
        Exploration alone = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        Exploration inLegs = inLegs(program, 300, 1);
        same(alone, inLegs, "");
        assertEquals(0, inLegs.blocked());
        assertEquals(alone.steps(), inLegs.steps());
        same(alone, inLegs(program, 300, 2), "two threads");
        same(alone, inLegs(program, 700, 3), "three threads");
    }

    @Test
    void legsOfRandomProgramsComeToTheWhole() {
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            Program program = new RandomProgram(seed, false);
            Exploration alone = Explorer.explore(program, new Dpor(),
                    ExploreOptions.DEFAULT.withStepBound(400).withExecutionLimit(300).withMinimiseBudget(0));
            if (alone.complete()) {
                Exploration inLegs = inLegs(program, 3, 1);
                assertEquals(alone.executions(), inLegs.executions(), "seed " + seed + ": " + program);
                assertEquals(counts(alone), counts(inLegs), "seed " + seed + ": " + program);
            }
        }
    }

    /// What a kill leaves behind: the checkpoint that was made last.
    @Test
    void whatIsKeptInBetweenCanBeGoneOnWith() {
        Program program = Programs.lastZero(8);
        Exploration alone = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        for (int threads = 1; threads <= 2; threads++) {
            Keeper keeper = new Keeper(true);
            Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT.withSaver(keeper).withThreads(threads));
            for (int i = 0; i < keeper.kept.size(); i += 1 + keeper.kept.size() / 20) {
                Checkpoint checkpoint = Checkpoint.parse(keeper.kept.get(i));
                same(alone, Explorer.resume(program, checkpoint, ExploreOptions.DEFAULT), "checkpoint " + i);
            }
        }
    }

    @Test
    void whatIsCutOffOrForeignIsRefused() {
        Keeper keeper = new Keeper(false);
        Explorer.explore(Programs.lastZero(6), new Dpor(),
                ExploreOptions.DEFAULT.withSaver(keeper).withExecutionLimit(10));
        String text = keeper.kept.getLast();
        assertThrows(IllegalArgumentException.class, () -> Checkpoint.parse(text.substring(0, text.length() / 2)));
        assertThrows(IllegalArgumentException.class, () -> Checkpoint.parse("something else"));
        IllegalArgumentException damaged = assertThrows(IllegalArgumentException.class,
                () -> Checkpoint.parse(text.replace("job", "job x")));
        assertTrue(String.valueOf(damaged.getMessage()).contains("damaged"));
    }
}
