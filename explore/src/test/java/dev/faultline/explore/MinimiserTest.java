package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.BruteForce;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.strategy.RandomWalk;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MinimiserTest {
    private static final ExploreOptions OPTIONS = ExploreOptions.DEFAULT.withMinimiseBudget(20_000);

    /// So many increments in a row by each of two tasks; that one is lost is a finding.
    private static Program losing(int increments) {
        return Programs.of(1, 0, 2, i -> o -> {
            for (int n = 0; n < increments; n++) {
                long before = o.cells[0].read();
                o.cells[0].write(before + 1);
                if (o.cells[0].read() != before + 1) {
                    throw o.machine.finding(Kind.CORRUPTION, "an increment was lost");
                }
            }
        });
    }

    private static Violation only(Exploration exploration) {
        assertEquals(1, exploration.violations().size(), exploration.violations().toString());
        return exploration.violations().getFirst();
    }

    /// One task reads and writes, the other one does, and the first one looks: with fewer than two switches nothing
    /// comes between, and fewer than five steps do not get to the look.
    @Test
    void aCounterExampleHasFewestSwitchesThenFewestSteps() {
        Violation violation = only(Explorer.explore(losing(3), new Dpor(), OPTIONS));
        assertEquals("0*2.1*2.0", violation.schedule().toString());
        assertEquals(2, violation.switches());
        assertEquals(5, violation.steps());
    }

    @Test
    void whatIsFoundFirstDoesNotMatterForWhatIsShown() {
        Violation first = only(Explorer.explore(losing(2), new Dpor(), OPTIONS));
        assertEquals(first, only(Explorer.explore(losing(2), new BruteForce(), OPTIONS.withExecutionLimit(500))));
        for (long seed = 0; seed < 20; seed++) {
            Exploration walk = Explorer.explore(losing(2), new RandomWalk(seed), OPTIONS.withExecutionLimit(50));
            assertEquals(first, only(walk), "seed " + seed);
        }
    }

    @Test
    void aCounterExampleLeadsToItsViolation() {
        for (Program program : List.of(losing(2), Programs.abba(3), Programs.philosophers(4, false))) {
            Violation violation = only(Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT));
            Replay replay = new Replay(Schedule.parse(violation.schedule().toString()));
            Execution execution = Execution.start(program, replay, 1_000, null);
            List<Finding> ended = Judge.ending(execution);
            execution.finish();
            assertEquals(Optional.empty(), replay.drift());
            assertTrue(Judge.all(ended, execution).contains(new Finding(violation.kind(), violation.summary())));
        }
    }

    /// Each of n tasks takes its fork before any takes its second.
    @Test
    void nPhilosophersDeadlockAfterNMinusOneSwitches() {
        Violation violation = only(Explorer.explore(Programs.philosophers(5, false), new Dpor(), OPTIONS));
        assertEquals(4, violation.switches());
        assertEquals(5, violation.steps());
    }

    @Test
    void withoutABudgetTheShortestOfThoseSeenIsShown() {
        Violation violation = only(Explorer.explore(losing(3), new Dpor(), ExploreOptions.DEFAULT.withMinimiseBudget(0)));
        assertEquals(Kind.CORRUPTION, violation.kind());
        assertTrue(violation.steps() >= 5);
    }
}
