package dev.faultline.explore;

import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.strategy.Strategy;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import java.util.ArrayList;
import java.util.List;

/// Runs a program again and again, as a strategy says, and collects what it comes to. Explorations are
/// independent of each other.
public final class Explorer {
    private final Program program;
    private final Strategy strategy;
    private final ExploreOptions options;
    private final Tally tally;

    private Explorer(Program program, Strategy strategy, ExploreOptions options, Tally tally) {
        this.program = program;
        this.strategy = strategy;
        this.options = options;
        this.tally = tally;
    }

    /// {@return what the executions of `program` come to, in the order of `strategy` and as far as `options` say}
    ///
    /// Several threads only go through the tree of [Dpor]; other strategies use one.
    ///
    /// @throws dev.faultline.machine.schedule.SetUpFailed if the program cannot even be set up
    public static Exploration explore(Program program, Strategy strategy, ExploreOptions options) {
        return explore(program, strategy, options, new Tally());
    }

    /// {@return what an interrupted exploration of `program` comes to, gone on with}
    ///
    /// @throws dev.faultline.machine.schedule.SetUpFailed if the program cannot even be set up
    public static Exploration resume(Program program, Checkpoint checkpoint, ExploreOptions options) {
        return explore(program, Dpor.resume(checkpoint.tree()), options, checkpoint.tally());
    }

    private static Exploration explore(Program program, Strategy strategy, ExploreOptions options, Tally tally) {
        return options.threads() > 1 && strategy instanceof Dpor tree
                ? new Crew(program, tree, options, tally).explore()
                : new Explorer(program, strategy, options, tally).explore();
    }

    private Exploration explore() {
        boolean more = strategy.next(true);
        while (more && !isEnough()) {
            more = run(program, strategy, options, tally) || strategy.next(false);
            options.progress().explored(tally.executions() + tally.blocked(), more ? strategy.fractionDone() : 1);
            if (more && options.saver().isDue()) {
                save();
            }
        }
        if (more) {
            save();
        }
        return result(program, strategy, options, tally, !more);
    }

    private void save() {
        if (options.saver() != Saver.NONE && strategy instanceof Dpor tree) {
            options.saver().save(Checkpoint.of(options.saver().program(), tally, tree));
        }
    }

    /// Runs one execution.
    ///
    /// @return whether the strategy has planned another one
    static boolean run(Program program, Strategy strategy, ExploreOptions options, Tally tally) {
        strategy.begin();
        Execution execution = Execution.start(program, strategy, options.stepBound(), null, tally.lockOrders());
        boolean more = strategy.plan(execution.machine());
        tally.add(execution, strategy.wasRedundant(), options.stepBound());
        return more;
    }

    private boolean isEnough() {
        return tally.executions() + tally.blocked() >= options.executionLimit()
                || options.until() == ExploreOptions.Until.FIRST_VIOLATION && tally.isViolated()
                || options.stop().getAsBoolean();
    }

    /// {@return what was counted, with shorter counter-examples}
    static Exploration result(
            Program program, Strategy strategy, ExploreOptions options, Tally tally, boolean exhausted) {
        List<Violation> shorter = new ArrayList<>();
        for (Violation violation : tally.violations()) {
            shorter.add(new Minimiser(program, options).minimise(violation));
        }
        return new Exploration(strategy.name(), strategy.seed(), tally.executions(), tally.blocked(), tally.steps(),
                exhausted && strategy.isExhaustive() && tally.isWithinBound(), tally.outcomes(), shorter,
                Inversions.of(program, tally.lockOrders(), options.stepBound()));
    }
}
