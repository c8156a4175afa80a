package dev.faultline.explore.strategy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.RandomProgram;
import dev.faultline.explore.Traces;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Several explorers of one tree, in an order and with splits that a random seed decides: whatever these are, each
/// trace is seen once.
class SharedTreeTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.programs", 3_000);
    private static final long SEED = Long.getLong("faultline.seed", 1);
    private static final int MOST_EXECUTIONS = 2_000;

    /// Shares when the dice say so.
    private static final class RandomFrontier extends Frontier {
        private final SplittableRandom random;

        RandomFrontier(SplittableRandom random) {
            this.random = random;
        }

        @Override
        boolean isHungry() {
            return random.nextInt(3) == 0;
        }
    }

    /// How often each trace was seen.
    private final TreeMap<Long, Integer> seen = new TreeMap<>();
    private int executions;
    private int blocked;
    private int all;
    private int inVain;

    private boolean run(Program program, Strategy strategy) {
        strategy.begin();
        Execution execution = Execution.start(program, strategy, 400, null);
        boolean more = strategy.plan(execution.machine());
        if (strategy.wasRedundant()) {
            blocked++;
        } else {
            executions++;
            seen.merge(Traces.signature(execution.machine()), 1, Integer::sum);
        }
        return more;
    }

    private boolean alone(Program program) {
        Dpor explorer = new Dpor();
        boolean more = explorer.next(true);
        while (more && executions < MOST_EXECUTIONS) {
            more = run(program, explorer);
        }
        return !more;
    }

    private void together(Program program, SplittableRandom random) {
        Frontier frontier = new RandomFrontier(random);
        frontier.add(Job.ALL);
        List<Dpor> idle = new ArrayList<>();
        List<Dpor> busy = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            idle.add(new Dpor(frontier));
        }
        while (frontier.hasWork() || !busy.isEmpty()) {
            if (!idle.isEmpty() && frontier.hasWork()) {
                Dpor explorer = idle.removeLast();
                assertTrue(explorer.next(true));
                busy.add(explorer);
            }
            Dpor explorer = busy.get(random.nextInt(busy.size()));
            if (!run(program, explorer)) {
                explorer.finish();
                busy.remove(explorer);
                idle.add(explorer);
            }
        }
    }

    @Test
    void severalExplorersSeeEachTraceOnce() {
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            same(new RandomProgram(seed, false), seed);
        }
        assertTrue(inVain * 5 < all, inVain + " of " + all + " executions were blocked");
    }

    @Test
    void alsoOfManyShortTasks() {
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            same(RandomProgram.wide(seed), seed);
        }
        assertTrue(inVain * 5 < all, inVain + " of " + all + " executions were blocked");
    }

    private void same(RandomProgram program, long seed) {
        SharedTreeTest one = new SharedTreeTest();
        if (one.alone(program)) {
            SharedTreeTest several = new SharedTreeTest();
            several.together(program, new SplittableRandom(seed));
            one.seen.forEach((trace, times) -> several.seen.merge(trace, -times, Integer::sum));
            several.seen.values().removeIf(difference -> difference == 0);
            assertEquals(Map.of(), several.seen, "seed " + seed + ": " + program);
            all += several.executions;
            inVain += several.blocked;
        }
    }
}
