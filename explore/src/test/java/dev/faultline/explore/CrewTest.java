package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.Dpor;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Several threads that explore one tree come to what one comes to.
class CrewTest {
    /// Waits for itself before there is anything to explore.
    private record StuckWorld(Machine machine) implements Program.World {
        @Override
        public void setUp() {
            Mutex mutex = new Mutex(machine, "mutex", "");
            mutex.lock();
            mutex.lock();
        }

        @Override
        public void spawnTasks() {}

        @Override
        public void finish() {}

        @Override
        public Outcome outcome() {
            return Outcome.NONE;
        }
    }

    private static Exploration explore(Program program, ExploreOptions options) {
        return Explorer.explore(program, new Dpor(), options);
    }

    private static void same(Program program) {
        Exploration alone = explore(program, ExploreOptions.DEFAULT);
        for (int threads = 2; threads <= 4; threads++) {
            Exploration together = explore(program, ExploreOptions.DEFAULT.withThreads(threads));
            assertEquals(alone.executions(), together.executions());
            assertEquals(alone.complete(), together.complete());
            assertEquals(counts(alone), counts(together));
            assertEquals(alone.violations(), together.violations());
            assertEquals(alone.inversions(), together.inversions());
        }
    }

    private static Map<List<Long>, Long> counts(Exploration exploration) {
        return exploration.outcomes().stream()
                .collect(Collectors.toMap(seen -> seen.outcome().values(), OutcomeCount::executions));
    }

    @Test
    void countsAndViolationsAreTheSame() {
        same(Programs.lastZero(10));
        same(Programs.readers(10));
        same(Programs.philosophers(8, false));
        same(Programs.atomicIncrements(6));
        same(Programs.abba(18));
        same(Programs.increments(2));
    }

    @Test
    void theLimitOnExecutionsHoldsForAllTogether() {
        Exploration exploration = explore(Programs.lastZero(10),
                ExploreOptions.DEFAULT.withThreads(3).withExecutionLimit(100));
        assertEquals(100, exploration.executions() + exploration.blocked());
        assertFalse(exploration.complete());
    }

    @Test
    void theFirstViolationEndsAll() {
        Exploration exploration = explore(Programs.philosophers(12, false),
                ExploreOptions.DEFAULT.withThreads(2).withUntil(ExploreOptions.Until.FIRST_VIOLATION));
        assertEquals(1, exploration.violations().size());
    }

    @Test
    void askedToStopAllStop() {
        Exploration exploration = explore(Programs.lastZero(15), ExploreOptions.DEFAULT.withThreads(2).withStop(() -> true));
        assertFalse(exploration.complete());
        assertTrue(exploration.executions() < 147_456);
    }

    @Test
    void aSetUpThatFailsIsReportedToWhoAsked() {
        assertThrows(SetUpFailed.class, () -> explore(StuckWorld::new, ExploreOptions.DEFAULT.withThreads(2)));
    }
}
