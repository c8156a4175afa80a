package dev.faultline.live.conform;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// A thread for work that may never end. One that does not end although it was told to is left behind, and the next
/// work gets another.
final class Worker {
    private static final long LOOK_EVERY_MILLIS = 20;
    private static final long GRACE_MILLIS = 2_000;

    private ExecutorService thread = started();

    /// What is being worked at.
    final class Work<T> {
        private final Future<T> result;
        private final long start = now();

        private Work(Future<T> result) {
            this.result = result;
        }

        /// {@return what came of it; nothing if it was told to end and has not}
        ///
        /// @param mostMillis how long it may take since it began
        /// @param stop       whether it is no longer wanted
        /// @param end        tells it to end
        Optional<T> await(long mostMillis, BooleanSupplier stop, Runnable end) {
            Optional<T> done = await(LOOK_EVERY_MILLIS);
            while (done.isEmpty() && !stop.getAsBoolean() && now() - start < mostMillis) {
                done = await(LOOK_EVERY_MILLIS);
            }
            if (done.isPresent()) {
                return done;
            }
            end.run();
            done = await(GRACE_MILLIS);
            if (done.isEmpty()) {
                thread.shutdownNow();
                thread = started();
            }
            return done;
        }

        private Optional<T> await(long millis) {
            try {
                return Optional.of(result.get(millis, TimeUnit.MILLISECONDS));
            } catch (TimeoutException unfinished) {
                return Optional.empty();
            } catch (ExecutionException failed) {
                throw new AssertionError("what runs programs failed", failed.getCause());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new AssertionError("nobody interrupts who waits for a program", interrupted);
            }
        }

        /// {@return how long it has taken so far}
        long millis() {
            return now() - start;
        }
    }

    /// Begins with something.
    <T> Work<T> begin(Supplier<T> what) {
        return new Work<>(thread.submit(what::get));
    }

    /// Lets the thread go.
    void close() {
        thread.shutdownNow();
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private static ExecutorService started() {
        return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("conform").factory());
    }
}
