package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.PartialOrderSampling;
import dev.faultline.explore.strategy.Pct;
import dev.faultline.explore.strategy.RandomWalk;
import dev.faultline.explore.strategy.Strategy;
import dev.faultline.explore.strategy.Surw;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/// The strategies that draw lots: what they draw, how often, and that loops end.
class SamplingTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.programs", 3_000) / 3;

    private static final List<LongFunction<Strategy>> STRATEGIES = List.of(
            RandomWalk::new, PartialOrderSampling::new, Surw::new, seed -> new Pct(seed, 1), seed -> new Pct(seed, 3));

    @Test
    void theSameSeedGivesTheSameExecutions() {
        for (LongFunction<Strategy> strategy : STRATEGIES) {
            Sightings first = Sightings.of(Programs.philosophers(3, false), strategy.apply(7), 50);
            assertEquals(first, Sightings.of(Programs.philosophers(3, false), strategy.apply(7), 50));
            assertNotEquals(first, Sightings.of(Programs.philosophers(3, false), strategy.apply(8), 50));
        }
    }

    @Test
    void nothingIsDrawnThatBruteForceDoesNotSee() {
        int compared = 0;
        for (long seed = 1; seed <= PROGRAMS; seed++) {
            Program program = new RandomProgram(seed, seed % 2 == 0);
            Optional<Sightings> truth = Sightings.everything(program, 500);
            if (truth.isEmpty()) {
                continue;
            }
            compared++;
            for (LongFunction<Strategy> strategy : STRATEGIES) {
                Sightings drawn = Sightings.of(program, strategy.apply(seed), 20);
                assertTrue(truth.get().results().containsAll(drawn.results()), "seed " + seed + ": " + program);
                assertEquals(20, drawn.list().size());
            }
        }
        assertTrue(compared > PROGRAMS / 3, "too few programs were small enough: " + compared);
    }

    @Test
    void nothingThatDrawsLotsIsEverDone() {
        for (LongFunction<Strategy> strategy : STRATEGIES) {
            Exploration exploration = Explorer.explore(Programs.writers(2), strategy.apply(1),
                    ExploreOptions.DEFAULT.withExecutionLimit(100));
            assertEquals(100, exploration.executions());
            assertTrue(!exploration.complete(), exploration.strategy());
        }
    }

    // ---- partial-order sampling ----

    /// Three tasks with one step each, all of which race: 3! orders, 12,000 draws, so 2,000 each, with a standard
    /// deviation of 41.
    @Test
    void ordersOfRacingStepsAreEquallyLikely() {
        Map<String, Integer> orders = orders(Programs.atomicIncrements(3), new PartialOrderSampling(1), 12_000);
        assertEquals(6, orders.size());
        orders.forEach((order, times) -> assertTrue(Math.abs(times - 2_000) < 4 * 41, order + ": " + times));
    }

    /// The paper's point: how much else a task has to do does not make its racing step come later. P0 writes the word
    /// after nine private steps, P1 at once; a walk lets P0 come first once in 2^10, sampling far more often.
    @Test
    void privateStepsDoNotHideAnOrder() {
        Program program = Programs.of(2, 0, 2, task -> o -> {
            for (int i = 0; task == 0 && i < 9; i++) {
                o.cells[1].write(i);
            }
            o.cells[0].write(task);
        });
        int sampled = firstOutcome(program, new PartialOrderSampling(3));
        int walked = firstOutcome(program, new RandomWalk(3));
        assertTrue(walked < 20, "by walking: " + walked);
        assertTrue(sampled > 200, "by sampling: " + sampled);
    }

    /// {@return how often in 4,000 executions P1 writes last}
    private static int firstOutcome(Program program, Strategy strategy) {
        return (int) Sightings.of(program, strategy, 4_000).list().stream()
                .filter(one -> one.schedule().endsWith("1")).count();
    }

    /// What a race is lost by draws anew: P0's one step comes before the first of P1's four with probability 1/2, else
    /// before the second with 1/2, and so on; behind the last in 1/16. If it kept its lot that would be 1/5.
    @Test
    void eachRaceIsDrawnAnew() {
        Program program = Programs.of(1, 0, 2, task -> o -> {
            for (int i = 0; i < (task == 0 ? 1 : 4); i++) {
                o.cells[0].write(task);
            }
        });
        Map<String, Integer> orders = orders(program, new PartialOrderSampling(9), 16_000);
        Map<String, Integer> expected = Map.of("0.1*4", 8_000, "1.0.1*3", 4_000, "1*2.0.1*2", 2_000, "1*3.0.1", 1_000,
                "1*4.0", 1_000);
        assertEquals(expected.keySet(), orders.keySet());
        orders.forEach((order, times) -> assertTrue(Math.abs(times - expected.getOrDefault(order, 0)) < 4 * 63, order + ": " + times));
    }

    private static Map<String, Integer> orders(Program program, Strategy strategy, int executions) {
        Map<String, Integer> orders = new TreeMap<>();
        Sightings.of(program, strategy, executions).list().forEach(one -> orders.merge(one.schedule(), 1, Integer::sum));
        return orders;
    }

    // ---- selectively uniform random walk ----

    /// Two steps of one task and four of another on one word have 6!/(2!·4!) = 15 orders. 15,000 draws, so 1,000 each,
    /// with a standard deviation of 31; private steps of one of them, before and between, do not matter.
    @Test
    void ordersOfStepsOnOneObjectAreEquallyLikely() {
        Program program = Programs.of(2, 0, 2, task -> o -> {
            for (int i = 0; i < 2 + 2 * task; i++) {
                for (int n = 0; task == 0 && n < 7; n++) {
                    o.cells[1].write(n);
                }
                o.cells[0].addAndGet(10 * task + i);
            }
        });
        Map<String, Integer> orders = new TreeMap<>();
        for (Sightings.Sighting one : Sightings.of(program, new Surw(2), 15_000).list()) {
            orders.merge(ordersOfEighths(one.schedule()), 1, Integer::sum);
        }
        assertEquals(15, orders.size(), orders.toString());
        orders.forEach((order, times) -> assertTrue(Math.abs(times - 1_000) < 4 * 31, order + ": " + times));
    }

    /// {@return which task takes each step on the shared word: of task 0 every eighth step is one}
    private static String ordersOfEighths(String schedule) {
        StringBuilder order = new StringBuilder();
        int zeros = 0;
        Schedule parsed = Schedule.parse(schedule);
        for (int i = 0; i < parsed.length(); i++) {
            zeros += parsed.value(i) == 0 ? 1 : 0;
            if (parsed.value(i) == 1 || zeros % 8 == 0) {
                order.append(parsed.value(i));
            }
        }
        return order.toString();
    }

    // ---- probabilistic concurrency testing ----

    /// A deadlock of two tasks that take two locks in crossed order needs two ordered pairs of steps: each first
    /// acquisition before the other task's second.
    @Test
    void bugsOfDepthTwoAreFoundAsOftenAsGuaranteed() {
        for (int padding = 0; padding <= 6; padding += 2) {
            foundAsGuaranteed(Programs.abba(padding), Kind.DEADLOCK, 2);
        }
        foundAsGuaranteed(losing(2), Kind.CORRUPTION, 2);
        foundAsGuaranteed(losing(3), Kind.CORRUPTION, 2);
    }

    /// n philosophers need n ordered pairs.
    @Test
    void bugsOfDepthThreeAreFoundAsOftenAsGuaranteed() {
        foundAsGuaranteed(Programs.philosophers(3, false), Kind.DEADLOCK, 3);
    }

    /// Found at least as often as the guarantee, less four standard deviations.
    private static void foundAsGuaranteed(Program program, Kind kind, int depth) {
        int runs = 20_000;
        Pct strategy = new Pct(42, depth);
        long found = Sightings.of(program, strategy, runs).list().stream().skip(1)
                .filter(one -> one.result().contains("kind=" + kind)).count();
        double expected = strategy.probability() * (runs - 1);
        assertTrue(found >= expected - 4 * Math.sqrt(expected), found + " of at least " + expected);
        assertTrue(expected > 10, "too rare for a test: " + expected);
    }

    /// Priorities alone never leave a task that can run on, so they find no crossed locks: the depth counts.
    @Test
    void depthOneFindsNothingOfDepthTwo() {
        List<Sightings.Sighting> list = Sightings.of(Programs.abba(2), new Pct(5, 1), 5_000).list();
        assertTrue(list.stream().skip(1).allMatch(one -> one.preemptions() == 0 && one.ending() == Ending.DONE));
    }

    @Test
    void theGuaranteeIsSaidInWords() {
        Pct strategy = new Pct(1, 2);
        assertEquals(Optional.empty(), strategy.claim(false));
        Explorer.explore(Programs.abba(0), strategy, ExploreOptions.DEFAULT.withExecutionLimit(101));
        assertEquals(Optional.empty(), strategy.claim(true));
        String words = strategy.claim(false).orElseThrow();
        assertTrue(words.startsWith("a bug of depth 2 is found with probability at least 1/(2·8^1) by each of "), words);
    }

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

    // ---- fairness ----

    /// P0 counts while it waits for P1, so no state recurs and nobody is kept back: only a fair order ends the loop.
    /// Every execution does end, and soon.
    @Test
    void loopsEndThatAnotherTaskEnds() {
        Program program = Programs.of(2, 0, 2, task -> o -> {
            if (task == 1) {
                o.cells[0].write(1);
                return;
            }
            RetryLoop loop = o.machine.retryLoop("wait and count");
            for (long n = 0; o.cells[0].read() == 0; n++) {
                o.cells[1].write(n);
                loop.again(n);
            }
        });
        for (LongFunction<Strategy> strategy : STRATEGIES) {
            List<Sightings.Sighting> list = Sightings.of(program, strategy.apply(11), 3_000).list();
            assertTrue(list.stream().allMatch(one -> one.ending() == Ending.DONE), strategy.apply(11).name());
            assertTrue(list.stream().mapToInt(Sightings.Sighting::steps).average().orElseThrow() < 150);
        }
    }
}
