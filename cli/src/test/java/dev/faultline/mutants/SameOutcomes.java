package dev.faultline.mutants;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.machine.schedule.SetUpFailed;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/// A test whose outcomes are those of the first time.
final class SameOutcomes implements Trial {
    private final String where;
    private final LitmusTest test;
    private String first = "";

    /// @param where where the test is from
    SameOutcomes(String where, LitmusTest test) {
        this.where = where;
        this.test = test;
    }

    @Override
    public String name() {
        return where + ": " + test.name();
    }

    @Override
    public boolean passes(BooleanSupplier stop) {
        try {
            TestResult result = Check.run(test, new KernelChoice("v6.18", List.of()), new CheckOptions(
                    StrategyChoice.DPOR, ExploreOptions.DEFAULT.withMinimiseBudget(0).withStop(stop)), System::currentTimeMillis);
            TreeSet<String> outcomes = new TreeSet<>();
            result.exploration().outcomes().forEach(seen -> outcomes.add(seen.outcome().values().toString()));
            String text = result.kinds() + " " + outcomes;
            first = first.isEmpty() ? text : first;
            return text.equals(first) || !result.exploration().complete() && result.kinds().isEmpty();
        } catch (SetUpFailed noticed) {
            return false;
        }
    }
}
