package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.shared.BitLock;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.shared.SpinLock;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockTest {
    @Test
    void aMutexIsUnlockedByItsOwnerOnly() {
        Execution execution = Small.run("0", machine -> {
            Mutex lock = new Mutex(machine, "lock", "x");
            return List.of(lock::lock, lock::unlock);
        });
        assertEquals(Ending.FINDING, execution.ending());
        assertEquals("lock held when task ended: lock of x", Small.only(execution));
        Execution other = Small.run("0.1", machine -> {
            Mutex lock = new Mutex(machine, "lock", "x");
            return List.of(() -> {
                lock.lock();
                lock.unlock();
            }, lock::unlock);
        });
        assertEquals("lock of x unlocked by P1, which does not own it", Small.only(other));
    }

    @Test
    void aMutexIsNotGivenTwice() {
        Execution execution = Small.run("0.0", machine -> {
            Mutex lock = new Mutex(machine, "lock", "");
            return List.of(() -> {
                lock.lock();
                lock.lock();
            });
        });
        assertEquals(Ending.DEADLOCK, execution.ending());
        assertEquals(List.of(execution.machine().task(0)), execution.machine().task(0).object().holders());
    }

    @Test
    void tryingATakenLockFailsAndTryingAFreeOneTakesIt() {
        boolean[] taken = new boolean[2];
        Execution execution = Small.run("0.1.0", machine -> {
            Mutex lock = new Mutex(machine, "lock", "");
            return List.of(() -> {
                taken[0] = lock.tryLock();
                lock.unlock();
            }, () -> taken[1] = lock.tryLock());
        });
        assertEquals(Ending.DONE, execution.ending());
        assertEquals(List.of(true, false), List.of(taken[0], taken[1]));
    }

    @Test
    void aBitLockIsUnlockedByAnybody() {
        Execution execution = Small.run("0.1.0.1", machine -> {
            BitLock bit = new BitLock(machine, "bit", "");
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                bit.lock();
                cell.read();
                cell.read();
            }, () -> {
                cell.read();
                bit.unlock();
            });
        });
        assertEquals(Ending.DONE, execution.ending());
        assertEquals(List.of(), execution.findings());
    }

    @Test
    void aClearBitIsNotUnlocked() {
        Execution execution = Small.run(machine -> List.of(new BitLock(machine, "bit", "x")::unlock));
        assertEquals("bit of x unlocked while it is not locked", Small.only(execution));
    }

    @Test
    void nobodySleepsUnderASpinLock() {
        Execution execution = Small.run(machine -> {
            SpinLock spin = new SpinLock(machine, "spin", "");
            Mutex mutex = new Mutex(machine, "mutex", "x");
            return List.of(() -> {
                spin.lock();
                mutex.lock();
            });
        });
        assertEquals("sleeping function called from invalid context: mutex of x while a spinlock is held",
                Small.only(execution));
    }

    @Test
    void aSectionUnderASpinLockIsOneStep() {
        Execution execution = Small.run(machine -> {
            SpinLock spin = new SpinLock(machine, "spin", "");
            return List.of(() -> {
                spin.lock();
                spin.unlock();
            });
        });
        assertEquals(Ending.DONE, execution.ending());
        assertEquals(1, execution.machine().stepCount());
    }

    @Test
    void nobodyWaitsWhereSleepingIsForbidden() {
        Execution execution = Small.run(machine -> {
            Mutex mutex = new Mutex(machine, "mutex", "x");
            return List.of(() -> {
                machine.forbidSleeping();
                mutex.lock();
            });
        });
        assertEquals("sleeping function called from invalid context: mutex of x in atomic context", Small.only(execution));
    }

    @Test
    void tryingAndReadingAreAllowedWhereSleepingIsForbidden() {
        Execution execution = Small.run(machine -> {
            Mutex mutex = new Mutex(machine, "mutex", "x");
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                machine.forbidSleeping();
                cell.write(cell.read() + (mutex.tryLock() ? 1 : 0));
                mutex.unlock();
                machine.allowSleeping();
                mutex.lock();
                mutex.unlock();
            });
        });
        assertEquals(List.of(), execution.findings());
    }

    @Test
    void aBitLockMayBeLeftToOthersButNotForGood() {
        Execution left = Small.run("0.1", machine -> {
            BitLock bit = new BitLock(machine, "bit", "x");
            return List.of(bit::lock, bit::unlock);
        });
        assertEquals(List.of(), left.findings());
        Execution lost = Small.run(machine -> List.of(new BitLock(machine, "bit", "x")::lock));
        assertEquals("lock held when all tasks had ended: bit of x", Small.only(lost));
        assertEquals(Kind.LEAK, lost.findings().getFirst().kind());
    }

    @Test
    void aReaderWriterLockIsUnlockedByItsHolderOnly() {
        Execution execution = Small.run("0.1", machine -> {
            RwSemaphore lock = new RwSemaphore(machine, "lock", "x");
            return List.of(() -> {
                lock.downRead();
                lock.upRead();
            }, lock::upRead);
        });
        assertEquals("lock of x unlocked by P1, which does not hold it for reading", Small.only(execution));
    }
}
