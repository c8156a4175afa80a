package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.PreemptionBound;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Kind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Iterative preemption bounding: what each bound covers, and what is said of it.
class PreemptionBoundTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.programs", 3_000) / 3;
    private static final ExploreOptions OPTIONS = ExploreOptions.DEFAULT.withMinimiseBudget(0);

    private static Exploration explore(Program program, PreemptionBound strategy) {
        return Explorer.explore(program, strategy, OPTIONS);
    }

    /// Two tasks of two steps. None: AABB, BBAA. One: ABBA, BAAB. Two: ABAB, BABA, and nothing is forbidden any more.
    @Test
    void eachBoundHasItsSchedules() {
        List<Integer> executions = List.of(2, 4, 6, 6);
        for (int most = 0; most < 4; most++) {
            Exploration exploration = explore(Programs.increments(2), new PreemptionBound(most, 1_000));
            assertEquals((long) executions.get(most), exploration.executions(), "at most " + most);
            assertEquals(most >= 2, exploration.complete(), "at most " + most);
        }
    }

    /// While one task holds the lock the other one can only wait: the two orders are all there is, without a preemption.
    /// Of crossed locks a deadlock takes one: P0 is left after its first lock; P1, which then waits, is left for nothing.
    @Test
    void leavingATaskThatWaitsIsNoPreemption() {
        Exploration ordered = explore(Programs.oneLock(1), new PreemptionBound(0, 1_000));
        assertEquals(2, ordered.executions());
        assertTrue(ordered.complete());
        assertEquals(List.of(), explore(Programs.abba(2), new PreemptionBound(0, 1_000)).violations());
        Exploration crossed = explore(Programs.abba(2), new PreemptionBound(1, 1_000));
        assertEquals(Kind.DEADLOCK, crossed.violations().getFirst().kind());
    }

    @Test
    void whatIsCoveredIsSaidInWords() {
        PreemptionBound strategy = new PreemptionBound(1, 1_000);
        assertEquals(Optional.empty(), strategy.claim(false));
        explore(Programs.increments(2), strategy);
        assertEquals(Optional.of("no violation with at most 1 preemption: all 4 schedules were run"), strategy.claim(false));
        assertEquals(Optional.of("with at most 1 preemption: all 4 schedules were run"), strategy.claim(true));
    }

    @Test
    void aBoundThatWasLeftHalfwayIsNotClaimed() {
        PreemptionBound strategy = new PreemptionBound(9, 1_000);
        Explorer.explore(Programs.increments(2), strategy, OPTIONS.withExecutionLimit(3));
        assertEquals(Optional.of("no violation with at most 0 preemptions: all 2 schedules were run"), strategy.claim(false));
    }

    @Test
    void nothingIsClaimedOfExecutionsThatWereCutOff() {
        PreemptionBound strategy = new PreemptionBound(0, 3);
        Exploration exploration = Explorer.explore(Programs.increments(2), strategy, OPTIONS.withStepBound(3));
        assertEquals(Optional.empty(), strategy.claim(false));
        assertFalse(exploration.complete());
    }

    /// On random programs over every kind of shared object: the bounded executions are exactly those of brute force
    /// that have no more preemptions, each once.
    @Test
    void eachBoundCoversExactlyTheExecutionsWithinIt() {
        int compared = 0;
        int cut = 0;
        for (long seed = 1; seed <= PROGRAMS; seed++) {
            Program program = new RandomProgram(seed, seed % 2 == 0);
            Optional<Sightings> truth = Sightings.everything(program, 500);
            if (truth.isEmpty()) {
                continue;
            }
            compared++;
            for (int most : new int[] {0, 1, 2, Integer.MAX_VALUE}) {
                String which = "seed " + seed + ", at most " + most + ": " + program;
                PreemptionBound strategy = new PreemptionBound(most, 400);
                Sightings seen = Sightings.of(program, strategy, Integer.MAX_VALUE);
                assertEquals(truth.get().schedules(most), seen.schedules(most), which);
                assertEquals(seen.schedules(most).size(), seen.list().size(), which);
                assertEquals(truth.get().results(most), seen.results(), which);
                boolean nothingCut = truth.get().schedules(most).size() == truth.get().list().size();
                assertEquals(nothingCut, strategy.isExhaustive(), which);
                cut += nothingCut ? 0 : 1;
            }
        }
        assertTrue(compared > PROGRAMS / 3, "too few programs were small enough: " + compared);
        assertTrue(cut > compared / 2, "too few bounds forbade anything: " + cut);
    }
}
