package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.BruteForce;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.strategy.SourceDpor;
import dev.faultline.explore.strategy.Strategy;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import dev.faultline.machine.task.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The reduction against the truth, on random programs over every kind of shared object. How many is the
/// system property `faultline.programs`; the first seed is `faultline.seed`.
class DifferentialTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.programs", 6_000);
    private static final long SEED = Long.getLong("faultline.seed", 1);
    private static final int MOST_EXECUTIONS = 2_000;

    /// What a strategy saw: everything that executions came to, and how often each trace was seen.
    private record Seen(TreeSet<String> results, TreeMap<Long, Integer> traces, int executions, int blocked, boolean all) {}

    private static Seen explore(Program program, Strategy strategy, boolean byTrace) {
        TreeSet<String> results = new TreeSet<>();
        TreeMap<Long, Integer> traces = new TreeMap<>();
        int executions = 0;
        int blocked = 0;
        boolean more = strategy.next(true);
        while (more && executions < MOST_EXECUTIONS) {
            strategy.begin();
            Execution execution = Execution.start(program, strategy, 400, null);
            more = strategy.plan(execution.machine());
            if (strategy.wasRedundant()) {
                blocked++;
                continue;
            }
            executions++;
            if (byTrace) {
                traces.merge(Traces.signature(execution.machine()), 1, Integer::sum);
            }
            List<Finding> ended = Judge.ending(execution);
            String state = endState(execution);
            execution.finish();
            if (execution.ending() != Ending.COVERED) {
                results.add(state + " " + execution.outcome() + " "
                        + Judge.all(ended, execution).stream().map(Finding::toString).sorted().toList());
            }
        }
        return new Seen(results, traces, executions, blocked, !more);
    }

    /// {@return how the execution ended: who waits for what, who holds what, and the whole state; of a livelock
    /// nothing more, as one cycle may be entered at several places}
    private static String endState(Execution execution) {
        Machine machine = execution.machine();
        if (execution.ending() == Ending.LIVELOCK) {
            return "LIVELOCK";
        }
        List<String> waits = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (!task.isDone() && task.objectIndex() >= 0) {
                waits.add(task + " " + task.access() + " of " + task.object() + " held by "
                        + task.object().holders().stream().map(Task::name).sorted().toList());
            }
        }
        Collections.sort(waits);
        return execution.ending() + " " + waits + " " + machine.stateKey();
    }

    @Test
    void reductionSeesEveryResultAndEachTraceOnce() {
        int compared = 0;
        int executions = 0;
        int blocked = 0;
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            RandomProgram program = new RandomProgram(seed, false);
            Seen truth = explore(program, new BruteForce(), true);
            if (!truth.all()) {
                continue;
            }
            compared++;
            sameEachOnce(truth, program, new SourceDpor(), seed);
            Seen optimal = sameEachOnce(truth, program, new Dpor(), seed);
            executions += optimal.executions();
            blocked += optimal.blocked();
        }
        assertTrue(compared > PROGRAMS / 2, "too few programs were small enough: " + compared);
        assertTrue(blocked * 50 < executions, blocked + " of " + executions + " executions were blocked");
    }

    private static Seen sameEachOnce(Seen truth, Program program, Strategy strategy, long seed) {
        Seen reduced = explore(program, strategy, true);
        String which = strategy.name() + ", seed " + seed + ": " + program;
        assertEquals(truth.results(), reduced.results(), which);
        assertEquals(truth.traces().size(), reduced.traces().size(), which);
        assertEquals(truth.traces().keySet(), reduced.traces().keySet(), which);
        assertTrue(reduced.traces().values().stream().allMatch(times -> times == 1), which);
        return reduced;
    }

    /// No execution is begun that shows nothing new, unless tasks can wait for ever: then hardly any.
    @Test
    void reductionIsOptimalForWordsAndLocks() {
        int executions = 0;
        int blocked = 0;
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            RandomProgram program = RandomProgram.ofWordsAndLocks(seed);
            Seen truth = explore(program, new BruteForce(), true);
            if (truth.all()) {
                Seen optimal = sameEachOnce(truth, program, new Dpor(), seed);
                boolean deadlocks = truth.results().stream().anyMatch(result -> result.startsWith("DEADLOCK"));
                assertTrue(deadlocks || optimal.blocked() == 0, () -> program + ": " + optimal.blocked());
                executions += optimal.executions();
                blocked += optimal.blocked();
            }
        }
        assertTrue(blocked * 500 <= executions, blocked + " of " + executions + " executions were blocked");
    }

    /// On programs that are too large for brute force, one reduction is held against the other.
    @Test
    void bothReductionsSeeTheSameTraces() {
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            same(new RandomProgram(seed, false), seed);
            same(RandomProgram.ofWordsAndLocks(seed), seed);
            same(RandomProgram.wide(seed), seed);
        }
    }

    private static void same(RandomProgram program, long seed) {
        Seen bySources = explore(program, new SourceDpor(), true);
        if (bySources.all()) {
            Seen optimal = explore(program, new Dpor(), true);
            assertEquals(bySources.traces().size(), optimal.traces().size(), "seed " + seed + ": " + program);
            assertEquals(bySources.traces(), optimal.traces(), "seed " + seed + ": " + program);
        }
    }

    /// With retry loops some executions are cut off, so only what executions come to is compared, and of a
    /// livelock only that there is one: who is found to go round depends on who went round first.
    @Test
    void reductionSeesEveryResultOfProgramsThatRetry() {
        for (long seed = SEED; seed < SEED + PROGRAMS / 2; seed++) {
            RandomProgram program = new RandomProgram(seed, true);
            Seen truth = explore(program, new BruteForce(), false);
            if (truth.all()) {
                Seen reduced = explore(program, new Dpor(), false);
                String which = "seed " + seed + ": " + program;
                TreeSet<String> missing = withoutNames(truth);
                missing.removeAll(withoutNames(reduced));
                assertEquals(new TreeSet<>(), missing, which);
                assertEquals(withoutNames(truth), withoutNames(reduced), which);
                assertTrue(reduced.executions() <= truth.executions(), which);
                assertTrue(reduced.results().stream().noneMatch(result -> result.startsWith("STEP_BOUND")), which);
            }
        }
    }

    /// Who goes round with whom depends on who did so first, and where in its loop a task is when another one finds
    /// something does not matter.
    private static TreeSet<String> withoutNames(Seen seen) {
        TreeSet<String> results = new TreeSet<>();
        seen.results().forEach(result -> results.add(result.startsWith("LIVELOCK") ? "LIVELOCK"
                : result.startsWith("FINDING") ? result.substring(result.indexOf("[Finding")) : result));
        return results;
    }
}
