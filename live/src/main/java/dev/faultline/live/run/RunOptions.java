package dev.faultline.live.run;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/// How a test is run.
///
/// @param rounds at most so many
/// @param time   at most for so long
/// @param seed   of the random delays
/// @param stop   whether to end early
public record RunOptions(long rounds, Duration time, long seed, BooleanSupplier stop) {}
