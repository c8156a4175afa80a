package dev.faultline.litmus.condition;

import java.util.List;

/// A way in which executions ended.
///
/// @param values the values of the observables, in their order, in canonical form
/// @param executions how many ended so
public record Outcome(List<Long> values, long executions) {}
