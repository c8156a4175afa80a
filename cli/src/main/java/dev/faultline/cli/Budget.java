package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// How long a check may take, and how it tells how far it is.
final class Budget {
    private static final long SHOW_EVERY_MILLIS = 200;

    private final Terminal terminal;
    private final AtomicBoolean interrupted;
    private final long limitMillis;
    private final boolean quiet;

    /// @param limit how long one test may take; zero for ever
    Budget(Terminal terminal, AtomicBoolean interrupted, Duration limit, boolean quiet) {
        this.terminal = terminal;
        this.interrupted = interrupted;
        this.limitMillis = limit.isZero() ? Long.MAX_VALUE : limit.toMillis();
        this.quiet = quiet;
    }

    static long now() {
        return System.nanoTime() / 1_000_000;
    }

    /// {@return `options` that stop at the limit or when the user interrupts, and show progress for `what`}
    ExploreOptions within(ExploreOptions options, String what) {
        long start = now();
        long[] shown = {start};
        return options
                .withStop(() -> interrupted.get() || limitMillis < Long.MAX_VALUE && now() - start > limitMillis)
                .withProgress((executions, fraction) -> {
                    if (!quiet && terminal.isInteractive() && now() - shown[0] > SHOW_EVERY_MILLIS) {
                        shown[0] = now();
                        terminal.progress(line(what, executions, fraction, now() - start));
                    }
                });
    }

    private static String line(String what, long executions, double fraction, long millis) {
        String whole = fraction > 1e-9 && fraction < 1
                ? String.format(" of about %.2g, %.0f %%", executions / fraction, 100 * fraction) : "";
        return String.format("%s: %,d executions%s, %,d/s", what, executions, whole,
                executions * 1000 / Math.max(1, millis));
    }

    boolean isInterrupted() {
        return interrupted.get();
    }
}
