package dev.faultline.litmus.verdict;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;

/// How a test is explored.
public record CheckOptions(StrategyChoice strategy, ExploreOptions explore) {
    /// Everything, by partial-order reduction.
    public static final CheckOptions DEFAULT = new CheckOptions(StrategyChoice.DPOR, ExploreOptions.DEFAULT);
}
