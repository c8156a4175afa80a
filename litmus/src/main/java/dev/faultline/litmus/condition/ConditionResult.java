package dev.faultline.litmus.condition;

/// What the executions say of a condition.
///
/// @param satisfied whether it is as asked
/// @param witnesses the executions in which its formula held
/// @param counterExamples the executions in which it did not
public record ConditionResult(boolean satisfied, long witnesses, long counterExamples) {}
