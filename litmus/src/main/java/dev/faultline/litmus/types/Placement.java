package dev.faultline.litmus.types;

import java.util.OptionalInt;

/// Where a body runs.
///
/// @param process the index of its process in [Program#processes]; 0 is the one in which `init` and `final` run
/// @param node the machine of the cluster, counted from 1
/// @param cpu the processor that it is pinned to, counted from 0
public record Placement(int process, int node, OptionalInt cpu) {
    /// The first process on the first machine, on any processor.
    public static final Placement FIRST = new Placement(0, 1, OptionalInt.empty());
}
