package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.Turns;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Uffd;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Who has to wait sleeps, and who does not goes on, wherever in its way it is interrupted.
class WaitingTest {
    private static final long PAGE = Monitor.PAGE;
    private static final int MOST_STEPS = 90;

    /// A program with two pages that it serves, and two that it has written.
    private static final class Scene {
        private final Sandbox sandbox = Sandbox.ext4();
        private final AtomicReference<Monitor> monitor = new AtomicReference<>();
        private long served;
        private long written;

        Scene() {
            sandbox.swapOn(4);
        }

        private void prepare(int flags) {
            Monitor m = Monitor.with(sandbox.program(1), flags, 0);
            monitor.set(m);
            served = m.program().anonymous(2 * PAGE);
            written = m.program().anonymous(2 * PAGE);
            m.program().store(written, 'w');
            m.fill(Uffd.IOC_REGISTER, served, 2 * PAGE, 1);
        }

        Monitor monitor() {
            return monitor.get();
        }

        Sandbox.Program program() {
            return monitor().program();
        }

        String copy(long mode) {
            return monitor().fill(Uffd.IOC_COPY, served, written, PAGE, mode);
        }

        /// Runs two tasks, and checks that none of them goes round in circles.
        void run(int flags, Turns turns, Consumer<Scene> one, Consumer<Scene> other) {
            assertEquals(List.of(), sandbox.runTogether(turns, () -> prepare(flags),
                    List.of(() -> one.accept(this), () -> other.accept(this)), () -> { }));
            assertEquals(new TreeSet<String>(), turns.restless());
        }
    }

    @Test
    void aFaultSleepsUntilItIsAnsweredAndIsToldOnce() {
        new Scene().run(Fcntl.O_NONBLOCK, new Turns(500), s -> assertEquals('w', s.program().load(s.served)), s -> {
            assertEquals("32", s.monitor().read(64));
            assertEquals("EAGAIN", s.monitor().read(64));
            assertEquals("0 4096", s.copy(0));
            assertEquals("EAGAIN", s.monitor().read(64));
        });
    }

    @Test
    void aReaderSleepsUntilThereIsAMessage() {
        new Scene().run(0, new Turns(500), s -> {
            assertEquals("32", s.monitor().read(64));
            s.copy(0);
        }, s -> assertEquals('w', s.program().load(s.served)));
    }

    /// It is not told of: it is answered before, and the page has gone to swap by the time that the fault looks.
    @Test
    void aPageThatHasGoneToSwapIsNotWaitedFor() {
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            new Scene().run(0, new Turns(steps), s -> assertEquals('w', s.program().load(s.served)), s -> {
                assertEquals("0 4096", s.copy(0));
                s.program().must("madvise", s.served, PAGE, Mman.MADV_PAGEOUT);
            });
        }
    }

    @Test
    void aPageThatMovesToAnotherFrameIsNotWaitedFor() {
        for (int before = 0; before < MOST_STEPS / 2; before += 6) {
            for (int steps = 0; steps < MOST_STEPS; steps++) {
                new Scene().run(0, new Turns(before, steps), s -> assertEquals('w', s.program().load(s.served)), s -> {
                    assertEquals("0 4096", s.copy(0));
                    s.program().migrate(s.served);
                });
            }
        }
    }

    @Test
    void whoMovesAPageWaitsUntilItHasComeToAnotherFrame() {
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            new Scene().run(0, new Turns(steps), s -> s.program().migrate(s.written), s -> {
                assertEquals("0 4096", s.monitor().fill(Uffd.IOC_MOVE, s.served, s.written, PAGE, 0));
                assertEquals('w', s.program().load(s.served));
            });
        }
    }
}
