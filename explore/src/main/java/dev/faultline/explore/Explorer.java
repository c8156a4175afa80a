package dev.faultline.explore;

import dev.faultline.explore.strategy.Strategy;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs a program again and again, as a strategy says, and collects what it comes to. Explorations are
/// independent of each other.
public final class Explorer {
    private final Program program;
    private final Strategy strategy;
    private final ExploreOptions options;
    private final Map<Outcome, OutcomeCount> outcomes = new LinkedHashMap<>();
    private final Map<Finding, Violation> violations = new LinkedHashMap<>();
    private long executions;
    private long blocked;
    private long steps;
    private boolean withinBound = true;

    private Explorer(Program program, Strategy strategy, ExploreOptions options) {
        this.program = program;
        this.strategy = strategy;
        this.options = options;
    }

    /// {@return what the executions of `program` come to, in the order of `strategy` and as far as `options` say}
    ///
    /// @throws dev.faultline.machine.schedule.SetUpFailed if the program cannot even be set up
    public static Exploration explore(Program program, Strategy strategy, ExploreOptions options) {
        return new Explorer(program, strategy, options).run();
    }

    private Exploration run() {
        boolean more = true;
        while (more && !isEnough()) {
            strategy.begin();
            Execution execution = Execution.start(program, strategy, options.stepBound(), null);
            more = strategy.plan(execution.machine());
            steps += execution.machine().stepCount();
            withinBound &= execution.machine().stepCount() < options.stepBound();
            execution.machine().dropAftermath();
            if (strategy.wasRedundant()) {
                blocked++;
            } else {
                executions++;
                judge(execution);
            }
            options.progress().explored(executions + blocked, more ? strategy.fractionDone() : 1);
        }
        boolean complete = !more && strategy.isExhaustive() && withinBound;
        return new Exploration(strategy.name(), strategy.seed(), executions, blocked, steps, complete,
                List.copyOf(outcomes.values()), minimised());
    }

    private boolean isEnough() {
        return executions + blocked >= options.executionLimit()
                || options.until() == ExploreOptions.Until.FIRST_VIOLATION && !violations.isEmpty()
                || options.stop().getAsBoolean();
    }

    private void judge(Execution execution) {
        List<Finding> ended = Judge.ending(execution);
        execution.finish();
        execution.outcome().ifPresent(outcome -> count(outcome, execution));
        for (Finding finding : Judge.all(ended, execution)) {
            violated(finding, execution);
        }
    }

    private void count(Outcome outcome, Execution execution) {
        OutcomeCount known = outcomes.get(outcome);
        OutcomeCount now = known == null
                ? new OutcomeCount(outcome, 1, Schedule.of(execution.machine().trace()))
                : new OutcomeCount(outcome, known.executions() + 1, known.witness());
        outcomes.put(outcome, now);
    }

    private void violated(Finding finding, Execution execution) {
        Schedule schedule = Schedule.of(execution.machine().traceTo(finding));
        Violation known = violations.get(finding);
        if (known == null || Minimiser.isShorter(schedule, known.schedule())) {
            violations.put(finding, new Violation(finding.kind(), finding.summary(), schedule));
        }
    }

    private List<Violation> minimised() {
        List<Violation> shorter = new ArrayList<>();
        for (Violation violation : violations.values()) {
            shorter.add(new Minimiser(program, options).minimise(violation));
        }
        return shorter;
    }
}
