package dev.faultline.litmus.verdict;

import dev.faultline.explore.Exploration;
import dev.faultline.explore.Explorer;
import dev.faultline.explore.OutcomeCount;
import dev.faultline.explore.strategy.Strategy;
import dev.faultline.litmus.condition.Condition;
import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.condition.Outcomes;
import dev.faultline.litmus.syntax.ConditionSyntax.Quantifier;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.LitmusProgram;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Explores a test on a kernel and judges what comes out.
public final class Check {
    private Check() {}

    /// {@return what the test comes to on that kernel}
    ///
    /// @param clock the time in milliseconds
    /// @throws dev.faultline.machine.schedule.SetUpFailed if `init` does not run to its end
    /// @throws dev.faultline.explore.strategy.ScheduleMismatch if the test does not go along with a schedule to replay
    public static TestResult run(LitmusTest test, KernelChoice kernel, CheckOptions options, LongSupplier clock) {
        long start = clock.getAsLong();
        Strategy strategy = options.strategy().start(options.explore().stepBound());
        LitmusProgram program = new LitmusProgram(test, kernel.parts());
        Exploration exploration = options.from()
                .map(checkpoint -> Explorer.resume(program, checkpoint, options.explore()))
                .orElseGet(() -> Explorer.explore(program, strategy, options.explore()));
        Outcomes outcomes = new Outcomes(test.observables(), test.condition());
        for (OutcomeCount seen : exploration.outcomes()) {
            outcomes.add(seen.outcome().values(), seen.executions());
        }
        Optional<OutcomeCount> sample = sample(test, exploration);
        boolean violated = !exploration.violations().isEmpty() || sample.isPresent();
        Optional<String> claim = exploration.complete() ? Optional.empty() : strategy.claim(violated);
        return new TestResult(test, kernel, exploration, outcomes, sample, claim, options, clock.getAsLong() - start);
    }

    /// {@return an execution that breaks the condition by itself: not for `exists`, which only all break together}
    private static Optional<OutcomeCount> sample(LitmusTest test, Exploration exploration) {
        if (test.condition().isEmpty() || test.condition().get().quantifier() == Quantifier.EXISTS) {
            return Optional.empty();
        }
        Condition condition = test.condition().get();
        boolean breaking = condition.quantifier() == Quantifier.NOT_EXISTS;
        return exploration.outcomes().stream()
                .filter(seen -> condition.holdsIn(observable -> value(test, observable, seen)) == breaking)
                .findFirst();
    }

    private static long value(LitmusTest test, Observable observable, OutcomeCount seen) {
        return seen.outcome().values().get(test.observables().indexOf(observable));
    }
}
