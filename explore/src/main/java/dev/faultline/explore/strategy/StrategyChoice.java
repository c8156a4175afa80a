package dev.faultline.explore.strategy;

import dev.faultline.machine.schedule.Schedule;

/// A strategy that was asked for, and what it needs to know.
public sealed interface StrategyChoice {
    /// The exhaustive one.
    StrategyChoice DPOR = new Exhaustive();

    /// {@return a new strategy of that kind}
    ///
    /// @param stepBound the number of steps at which executions are cut off
    Strategy start(long stepBound);

    /// [Dpor].
    record Exhaustive() implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new Dpor();
        }
    }

    /// [PreemptionBound].
    ///
    /// @param most the last bound
    record Preemptions(int most) implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new PreemptionBound(most, stepBound);
        }
    }

    /// [Pct].
    record Priorities(long seed, int depth) implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new Pct(seed, depth);
        }
    }

    /// [PartialOrderSampling].
    record PartialOrders(long seed) implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new PartialOrderSampling(seed);
        }
    }

    /// [Surw].
    record UniformOrders(long seed) implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new Surw(seed);
        }
    }

    /// [RandomWalk].
    record Walk(long seed) implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new RandomWalk(seed);
        }
    }

    /// [SingleReplay].
    record Along(Schedule schedule) implements StrategyChoice {
        @Override
        public Strategy start(long stepBound) {
            return new SingleReplay(schedule);
        }
    }
}
