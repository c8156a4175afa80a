package dev.faultline.machine.task;

/// A 128-bit digest of a state. Equal states have equal keys, in whichever execution they are reached.
public record StateKey(long low, long high) {}
