package dev.faultline.machine.task;

/// Something that must never happen and did, as the model saw it; a violation is a finding with the
/// schedule that led there.
public record Finding(Kind kind, String summary) {}
