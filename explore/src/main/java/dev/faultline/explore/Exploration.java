package dev.faultline.explore;

import dev.faultline.explore.verdict.Inversion;
import java.util.List;

/// What exploring a program came to.
///
/// @param strategy   the name of the strategy
/// @param seed       what the strategy's random decisions were made from; 0 if it makes none
/// @param executions those that ran to an end of their own
/// @param blocked    those given up because others show the same
/// @param steps      of all of them together
/// @param complete   whether every execution within the step bound is covered and none reached the bound
/// @param outcomes   of the executions in which every task ended, in the order in which they were first seen
/// @param violations one for each kind and summary, in the order in which they were first seen
/// @param inversions of the orders in which locks were taken, over all executions; no violations
public record Exploration(
        String strategy, long seed, long executions, long blocked, long steps, boolean complete,
        List<OutcomeCount> outcomes, List<Violation> violations, List<Inversion> inversions) {
    /// Copies the lists.
    public Exploration {
        outcomes = List.copyOf(outcomes);
        violations = List.copyOf(violations);
        inversions = List.copyOf(inversions);
    }
}
