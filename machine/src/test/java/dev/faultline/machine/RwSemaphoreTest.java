package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import java.util.List;
import org.junit.jupiter.api.Test;

class RwSemaphoreTest {
    /// What a task does with the lock.
    private interface Use {
        void of(RwSemaphore lock);
    }

    /// The tasks do that to one lock, in that order of steps; then the lowest one that can goes on.
    private static Execution run(String schedule, Use... tasks) {
        return Small.run(schedule, machine -> {
            RwSemaphore lock = new RwSemaphore(machine, "lock", "");
            return List.of(tasks).stream().<Runnable>map(task -> () -> task.of(lock)).toList();
        });
    }

    private static void read(RwSemaphore lock) {
        lock.downRead();
        lock.upRead();
    }

    private static void write(RwSemaphore lock) {
        lock.downWrite();
        lock.upWrite();
    }

    private static boolean isEnabled(Execution execution, int task) {
        return execution.machine().task(task).isEnabled();
    }

    /// {@return the numbers of the tasks that can run after that schedule}
    private static List<Integer> enabledAfter(String schedule, Use... tasks) {
        Machine machine = run(schedule + ".9", tasks).machine(); // there is no task 9: the execution stops there
        return List.of(0, 1, 2).stream().filter(i -> i < machine.taskCount() && machine.task(i).isEnabled()).toList();
    }

    @Test
    void readersShare() {
        assertEquals(List.of(0, 1), enabledAfter("0.1", RwSemaphoreTest::read, RwSemaphoreTest::read));
    }

    @Test
    void aWriterWaitsForEveryReader() {
        assertEquals(List.of(0, 1), enabledAfter("0.1.2", RwSemaphoreTest::read, RwSemaphoreTest::read, RwSemaphoreTest::write));
        assertEquals(List.of(1), enabledAfter("0.1.2.0", RwSemaphoreTest::read, RwSemaphoreTest::read, RwSemaphoreTest::write));
        assertEquals(List.of(2), enabledAfter("0.1.2.0.1", RwSemaphoreTest::read, RwSemaphoreTest::read, RwSemaphoreTest::write));
    }

    @Test
    void aReaderQueuesBehindAWaitingWriter() {
        assertEquals(List.of(0), enabledAfter("0.1", RwSemaphoreTest::read, RwSemaphoreTest::write, RwSemaphoreTest::read));
    }

    @Test
    void aReaderThatReadsAgainBehindAWriterWaitsForItself() {
        Execution execution = run("0.1", lock -> {
            lock.downRead();
            lock.downRead();
            lock.upRead();
            lock.upRead();
        }, RwSemaphoreTest::write);
        assertEquals(Ending.DEADLOCK, execution.ending());
        Task reader = execution.machine().task(0);
        RwSemaphore lock = (RwSemaphore) reader.object();
        assertEquals(List.of(reader), lock.holders());
        assertEquals(List.of(execution.machine().task(1)), lock.waitingWriters());
        assertTrue(lock.isWriterFirst());
    }

    @Test
    void waitingWritersComeInAnyOrder() {
        assertEquals(List.of(1, 2), enabledAfter("0.1.2.0", RwSemaphoreTest::read, RwSemaphoreTest::write, RwSemaphoreTest::write));
    }

    @Test
    void nobodyComesBetweenAWriteHoldAndTheReadHoldItBecomes() {
        Use downgrades = lock -> {
            lock.downWrite();
            lock.downgradeWrite();
            lock.upRead();
        };
        assertEquals(List.of(0), enabledAfter("0.0.0.1", downgrades, RwSemaphoreTest::write, RwSemaphoreTest::read));
        assertEquals(List.of(0, 1, 2), enabledAfter("0.0.0", downgrades, RwSemaphoreTest::write, RwSemaphoreTest::read));
        assertEquals(Ending.DONE, run("0.0.0.1", downgrades, RwSemaphoreTest::write).ending());
    }

    @Test
    void tryingToReadFailsBehindAWriterEvenIfItOnlyWaits() {
        boolean[] taken = {true, true};
        run("0.1.2.0", RwSemaphoreTest::read, RwSemaphoreTest::write, lock -> taken[0] = lock.downReadTrylock());
        run("0.1", RwSemaphoreTest::read, lock -> taken[1] = lock.downWriteTrylock());
        assertFalse(taken[0]);
        assertFalse(taken[1]);
    }

    @Test
    void whoDoesNotHoldTheLockCannotGiveItUp() {
        assertEquals("lock unlocked by P0, which does not hold it for reading", Small.only(run("", RwSemaphore::upRead)));
        assertEquals("lock unlocked by P0, which does not hold it for writing", Small.only(run("", RwSemaphore::upWrite)));
        assertEquals("lock unlocked by P0, which does not hold it for writing", Small.only(run("0", lock -> {
            lock.downRead();
            lock.downgradeWrite();
        })));
    }

    @Test
    void aWriterTakesTwoStepsAndAReaderOne() {
        assertFalse(isEnabled(run("", RwSemaphoreTest::write), 0));
        assertEquals(3, run("", RwSemaphoreTest::write).machine().stepCount());
        assertEquals(2, run("", RwSemaphoreTest::read).machine().stepCount());
    }
}
