package dev.faultline.litmus.verdict;

import dev.faultline.explore.Exploration;
import dev.faultline.explore.OutcomeCount;
import dev.faultline.litmus.condition.ConditionResult;
import dev.faultline.litmus.condition.Outcomes;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.machine.task.Kind;
import java.util.List;
import java.util.Optional;

/// What checking a test on a kernel came to.
///
/// @param outcomes        the distinct outcomes and what they say of the condition
/// @param conditionSample an execution that shows why the condition is not as asked, where one can
/// @param claim           what is certain though not everything is covered
public record TestResult(
        LitmusTest test, KernelChoice kernel, Exploration exploration, Outcomes outcomes,
        Optional<OutcomeCount> conditionSample, Optional<String> claim, CheckOptions options, long elapsedMillis) {
    /// {@return the kinds of violation that occurred, in their order}
    public List<Kind> kinds() {
        return exploration.violations().stream().map(violation -> violation.kind()).distinct().sorted().toList();
    }

    /// {@return what the executions say of the condition, where there is one}
    public Optional<ConditionResult> condition() {
        return outcomes.result();
    }

    /// {@return `holds`, `incomplete`, `condition`, or the kinds that occurred, joined with commas}
    public String verdict() {
        List<Kind> kinds = kinds();
        if (!kinds.isEmpty()) {
            return String.join(", ", kinds.stream().map(Kind::word).toList());
        }
        // One execution that breaks `forall` or `~exists` settles it; `exists` needs all of them.
        if (conditionSample.isPresent()) {
            return "condition";
        }
        if (!exploration.complete()) {
            return "incomplete";
        }
        return condition().filter(result -> !result.satisfied()).isPresent() ? "condition" : "holds";
    }
}
