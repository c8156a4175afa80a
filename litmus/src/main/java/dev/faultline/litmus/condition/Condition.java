package dev.faultline.litmus.condition;

import dev.faultline.litmus.syntax.ConditionSyntax.Quantifier;
import dev.faultline.litmus.syntax.Span;
import java.util.List;

/// The condition of a file.
///
/// @param text the condition as written, e.g. `exists (0:r = 4096)`
/// @param observables what it names, in the order of its text
public record Condition(
        Quantifier quantifier, Formula formula, List<Observable> observables, String text, Span span) {
    /// {@return whether the formula, whatever its quantifier, is so in one execution}
    public boolean holdsIn(Valuation valuation) {
        return formula.holdsIn(valuation);
    }

    /// {@return whether the condition is as asked after executions of which the formula held in `positive` and
    /// did not hold in `negative`}
    public ConditionResult judge(long positive, long negative) {
        boolean satisfied = switch (quantifier) {
            case EXISTS -> positive > 0;
            case NOT_EXISTS -> positive == 0;
            case FORALL -> negative == 0;
        };
        return new ConditionResult(satisfied, positive, negative);
    }
}
