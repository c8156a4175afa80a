package dev.faultline.explore;

import java.util.function.BooleanSupplier;

/// How far to explore.
///
/// @param stepBound      the number of steps after which an execution is cut off
/// @param executionLimit the number of executions, blocked ones included, after which exploring stops
/// @param until          what else ends it
/// @param stop           asked after each execution: whether to stop, because time is up or the user says so
/// @param progress       told after each execution
/// @param minimiseBudget how many executions may be spent on making each counter-example shorter
/// @param threads        how many threads explore, where the strategy allows it
/// @param saver          keeps what is done from time to time, where the strategy allows it
public record ExploreOptions(
        long stepBound, long executionLimit, Until until, BooleanSupplier stop, Progress progress, int minimiseBudget,
        int threads, Saver saver) {
    /// Everything, within 100,000 steps an execution.
    public static final ExploreOptions DEFAULT = new ExploreOptions(
            100_000, Long.MAX_VALUE, Until.ALL_IS_SEEN, () -> false, (executions, fraction) -> { }, 2_000, 1, Saver.NONE);

    /// When there is nothing left to find.
    public enum Until {
        /// When every execution is covered.
        ALL_IS_SEEN,
        /// With the first violation.
        FIRST_VIOLATION
    }

    /// Is told how far an exploration is.
    public interface Progress {
        /// @param executions   so far, blocked ones included
        /// @param fractionDone of the whole, by what is known so far; 0 if nothing is known
        void explored(long executions, double fractionDone);
    }

    /// {@return these options with another step bound}
    public ExploreOptions withStepBound(long steps) {
        return new ExploreOptions(steps, executionLimit, until, stop, progress, minimiseBudget, threads, saver);
    }

    /// {@return these options with another limit on executions}
    public ExploreOptions withExecutionLimit(long executions) {
        return new ExploreOptions(stepBound, executions, until, stop, progress, minimiseBudget, threads, saver);
    }

    /// {@return these options, with another end}
    public ExploreOptions withUntil(Until end) {
        return new ExploreOptions(stepBound, executionLimit, end, stop, progress, minimiseBudget, threads, saver);
    }

    /// {@return these options with another question whether to stop}
    public ExploreOptions withStop(BooleanSupplier when) {
        return new ExploreOptions(stepBound, executionLimit, until, when, progress, minimiseBudget, threads, saver);
    }

    /// {@return these options with another listener}
    public ExploreOptions withProgress(Progress listener) {
        return new ExploreOptions(stepBound, executionLimit, until, stop, listener, minimiseBudget, threads, saver);
    }

    /// {@return these options with another budget for making a counter-example shorter}
    public ExploreOptions withMinimiseBudget(int executions) {
        return new ExploreOptions(stepBound, executionLimit, until, stop, progress, executions, threads, saver);
    }

    /// {@return these options with another number of threads}
    public ExploreOptions withThreads(int number) {
        return new ExploreOptions(stepBound, executionLimit, until, stop, progress, minimiseBudget, number, saver);
    }

    /// {@return these options with somebody who keeps what is done}
    public ExploreOptions withSaver(Saver keeper) {
        return new ExploreOptions(
                stepBound, executionLimit, until, stop, progress, minimiseBudget, threads, keeper);
    }
}
