package dev.faultline.kernel.lib;

/// A seam of the kernel: the name of something that a patch may replace.
///
/// @param name the package and class that today's form has, e.g. `mm.FaultIn`
/// @param type what stands there
public record Part<T>(String name, Class<T> type) {}
