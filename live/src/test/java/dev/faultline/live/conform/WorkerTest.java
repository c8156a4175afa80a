package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Work that does not end, and what becomes of it.
class WorkerTest {
    private static final long LONG_MILLIS = 600_000;

    @Test
    void workThatIsDoneCountsThoughTheTimeIsOver() {
        Worker worker = new Worker();
        AtomicBoolean told = new AtomicBoolean();
        assertEquals(Optional.of(7), worker.begin(() -> 7).await(LONG_MILLIS, () -> true, () -> told.set(true)));
        assertFalse(told.get());
        worker.close();
    }

    @Test
    void workIsToldToEndWhenItsTimeIsOver() {
        Worker worker = new Worker();
        CountDownLatch end = new CountDownLatch(1);
        assertEquals(Optional.of("told"), worker.begin(() -> waits(end)).await(50, () -> false, end::countDown));
        worker.close();
    }

    @Test
    void workIsToldToEndWhenNobodyWantsItAnyMore() {
        Worker worker = new Worker();
        CountDownLatch end = new CountDownLatch(1);
        assertEquals(Optional.of("told"), worker.begin(() -> waits(end)).await(LONG_MILLIS, () -> true, end::countDown));
        worker.close();
    }

    @Test
    void workThatDoesNotListenIsLeftBehind() {
        Worker worker = new Worker();
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean told = new AtomicBoolean();
        assertEquals(Optional.empty(), worker.begin(() -> waits(never)).await(50, () -> false, () -> told.set(true)));
        assertTrue(told.get());
        assertEquals(Optional.of("next"), worker.begin(() -> "next").await(LONG_MILLIS, () -> false, () -> { }));
        worker.close();
    }

    private static String waits(CountDownLatch end) {
        try {
            end.await();
            return "told";
        } catch (InterruptedException left) {
            return "left";
        }
    }
}
