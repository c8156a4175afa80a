package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.BruteForce;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A finding ends its execution, but hides nothing.
class FindingTest {
    private static final ExploreOptions OPTIONS = ExploreOptions.DEFAULT.withMinimiseBudget(0);

    private static List<String> summaries(Exploration exploration) {
        return exploration.violations().stream().map(Violation::summary).sorted().toList();
    }

    /// P0 r, which fails if it comes first. P1 r', w: only w races with r, and comes after the end of the execution
    /// in which r is first.
    @Test
    void whatOthersWouldHaveDoneLaterIsTriedBeforeIt() {
        Program program = Programs.of(2, 0,
                o -> {
                    if (o.cells[0].read() == 0) {
                        throw o.machine.finding(Kind.CORRUPTION, "too early");
                    }
                },
                o -> {
                    o.cells[1].read();
                    o.cells[0].write(1);
                });
        Exploration exploration = Explorer.explore(program, new Dpor(), OPTIONS);
        assertEquals(List.of("too early"), summaries(exploration));
        assertEquals(List.of(Outcome.of(1L, 0L)), exploration.outcomes().stream().map(OutcomeCount::outcome).toList());
        assertEquals(2, exploration.executions());
        assertTrue(exploration.complete());
    }

    @Test
    void findingsThatHaveNothingToDoWithEachOtherAreBothReportedEachWithItsOwnSchedule() {
        Program program = Programs.of(2, 0, 2, i -> o -> {
            o.cells[i].read();
            throw o.machine.finding(Kind.CORRUPTION, "by " + i);
        });
        Exploration exploration = Explorer.explore(program, new Dpor(), OPTIONS);
        assertEquals(List.of("by 0", "by 1"), summaries(exploration));
        for (Violation violation : exploration.violations()) {
            assertEquals(violation.summary(), "by " + violation.schedule());
        }
        assertEquals(1, exploration.executions());
    }

    /// P1 sees 1 only after the write that ended the execution.
    @Test
    void whatOnlyComesOfAFindingIsNoFinding() {
        Program program = Programs.of(1, 0,
                o -> {
                    o.cells[0].write(1);
                    throw o.machine.finding(Kind.CORRUPTION, "cause");
                },
                o -> {
                    if (o.cells[0].read() == 1) {
                        throw o.machine.finding(Kind.CORRUPTION, "effect");
                    }
                });
        assertEquals(List.of("cause"), summaries(Explorer.explore(program, new Dpor(), OPTIONS)));
        assertEquals(List.of("cause"), summaries(Explorer.explore(program, new BruteForce(), OPTIONS)));
    }

    @Test
    void aFailureOfTheModelIsReportedAndHidesNothingEither() {
        Program program = Programs.of(2, 0,
                o -> {
                    if (o.cells[0].read() == 0) {
                        throw new IllegalStateException("impossible");
                    }
                },
                o -> {
                    o.cells[1].read();
                    o.cells[0].write(1);
                });
        Exploration exploration = Explorer.explore(program, new Dpor(), OPTIONS);
        assertEquals(List.of("Faultline's model failed: java.lang.IllegalStateException: impossible"), summaries(exploration));
        assertEquals(Kind.BUG, exploration.violations().getFirst().kind());
        assertEquals(1, exploration.outcomes().size());
    }
}
