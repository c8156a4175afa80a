package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.machine.schedule.SetUpFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What schedules drawn by lot come to, the search that leaves out what it takes for the same finds too: every outcome and
/// every kind of violation, on every kernel that a test of the zoo names. Two steps that the kernel wrongly says commute
/// show here.
class LotsTest {
    private static final Path ZOO = Path.of("../zoo");
    private static final int LOTS = Integer.getInteger("faultline.lots", 40);
    private static final long SEED = Long.getLong("faultline.seed", 1);
    /// What takes longer to search is left to the zoo.
    private static final int MOST_EXECUTIONS = 2_000;

    private static TestResult run(LitmusTest test, KernelChoice kernel, StrategyChoice strategy, int most)
            throws UnknownKernelException, SetUpFailed {
        ExploreOptions options = ExploreOptions.DEFAULT.withMinimiseBudget(0).withExecutionLimit(most);
        return Check.run(test, kernel, new CheckOptions(strategy, options), Budget::now);
    }

    private static TreeSet<String> seen(TestResult result) {
        TreeSet<String> seen = new TreeSet<>();
        result.exploration().outcomes().forEach(outcome -> seen.add(outcome.outcome().toString()));
        result.exploration().violations().forEach(violation -> seen.add(violation.kind().toString()));
        return seen;
    }

    private static List<Path> tests() throws IOException {
        try (Stream<Path> files = Files.walk(ZOO)) {
            return files.filter(file -> file.toString().endsWith(".litmus")).sorted().toList();
        }
    }

    @Test
    void lotsFindNothingThatTheSearchDoesNot() throws IOException, UnknownKernelException, SetUpFailed {
        int compared = 0;
        List<String> wrong = new ArrayList<>();
        for (Path file : tests()) {
            LitmusTest test = Tests.load(file, Optional.empty(), Terminal.ofProcess()).orElseThrow();
            for (Expectation expectation : test.expectations()) {
                KernelChoice kernel = KernelChoice.of(expectation);
                TestResult searched = run(test, kernel, StrategyChoice.DPOR, MOST_EXECUTIONS);
                if (searched.exploration().complete()) {
                    compared++;
                    TreeSet<String> lots = seen(run(test, kernel, new StrategyChoice.Walk(SEED), LOTS));
                    lots.addAll(seen(run(test, kernel, new StrategyChoice.PartialOrders(SEED), LOTS)));
                    lots.removeAll(seen(searched));
                    lots.forEach(missed -> wrong.add(file + " on " + kernel + " misses " + missed));
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(compared > 300, "only " + compared + " were compared");
    }
}
