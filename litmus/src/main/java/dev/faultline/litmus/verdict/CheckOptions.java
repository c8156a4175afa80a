package dev.faultline.litmus.verdict;

import dev.faultline.explore.Checkpoint;
import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import java.util.Optional;

/// How a test is explored.
///
/// @param from an interrupted exploration to go on with, by strategy `dpor`
public record CheckOptions(StrategyChoice strategy, ExploreOptions explore, Optional<Checkpoint> from) {
    /// Everything, by partial-order reduction.
    public static final CheckOptions DEFAULT = new CheckOptions(StrategyChoice.DPOR, ExploreOptions.DEFAULT);

    /// A check from the start.
    public CheckOptions(StrategyChoice strategy, ExploreOptions explore) {
        this(strategy, explore, Optional.empty());
    }
}
