package dev.faultline.litmus.verdict;

import dev.faultline.explore.ExploreOptions;

/// How a test is explored.
///
/// @param strategy the name of the strategy: `dpor` or `random`
/// @param seed     of strategies that draw lots
public record CheckOptions(String strategy, long seed, ExploreOptions explore) {
    /// Everything, by partial-order reduction.
    public static final CheckOptions DEFAULT = new CheckOptions("dpor", 0, ExploreOptions.DEFAULT);
}
