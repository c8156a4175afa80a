package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.BruteForce;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.strategy.SourceDpor;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The number of executions is the number of Mazurkiewicz traces, known for each of these programs.
class ClassicsTest {
    /// Explores without beginning an execution that shows nothing new.
    private static Exploration explore(Program program) {
        Exploration exploration = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        assertEquals(0, exploration.blocked());
        return exploration;
    }

    private static long executions(Program program) {
        Exploration exploration = explore(program);
        assertTrue(exploration.complete());
        return exploration.executions();
    }

    private static Violation only(Exploration exploration) {
        assertEquals(1, exploration.violations().size(), exploration.violations().toString());
        return exploration.violations().getFirst();
    }

    /// Every order of the writes: n!.
    @Test
    void writersOfOneWordHaveFactorialManyTraces() {
        assertEquals(24, executions(Programs.writers(4)));
        assertEquals(120, executions(Programs.writers(5)));
    }

    /// Each reader comes before or after the write: 2^n.
    @Test
    void readersOfOneWrittenWordDoubleTheTraces() {
        assertEquals(256, executions(Programs.readers(8)));
        assertEquals(8192, executions(Programs.readers(13)));
    }

    /// The ways to merge two sequences of k critical sections: C(2k, k).
    @Test
    void criticalSectionsOfTwoTasksMerge() {
        assertEquals(2, executions(Programs.oneLock(1)));
        assertEquals(252, executions(Programs.oneLock(5)));
    }

    /// r1 w1 r2 w2 in either order of the tasks, and both reads first with the writes in either order: 4.
    @Test
    void twoUnprotectedIncrementsHaveFourTraces() {
        Exploration exploration = explore(Programs.increments(2));
        assertEquals(4, exploration.executions());
        assertEquals(2, exploration.outcomes().size());
    }

    @Test
    void atomicIncrementsHaveFactorialManyTraces() {
        assertEquals(720, executions(Programs.atomicIncrements(6)));
        assertEquals(5040, executions(Programs.atomicIncrements(7)));
    }

    /// Tasks 0 to k - 1 succeed one after the other; task k looks at one of the k values before its own, and each of
    /// the n - 1 - k others at any of the k + 1: the sum of k (k + 1)^(n - 1 - k) over k < n, and 1. The counts are
    /// those that GenMC pins in its tests.
    @Test
    void aCompareAndSwapThatFailsIsALook() {
        int[] expected = {2, 5, 14, 43, 144, 523, 2048};
        for (int n = 2; n <= 8; n++) {
            assertEquals(expected[n - 2], executions(Programs.casRotation(n)));
        }
    }

    /// Published: Abdulla et al., POPL 2014.
    @Test
    void lastZeroHasThePublishedNumberOfTraces() {
        assertEquals(64, executions(Programs.lastZero(5)));
        assertEquals(3328, executions(Programs.lastZero(10)));
        assertEquals(147_456, executions(Programs.lastZero(15)));
    }

    /// What source sets alone begin in vain is published too: 33 and 16,867. Ours begins fewer, as it runs on with
    /// the present task where it can.
    @Test
    void sourceSetsAloneAreNotOptimal() {
        Exploration exploration = Explorer.explore(Programs.lastZero(10), new SourceDpor(), ExploreOptions.DEFAULT);
        assertEquals(3328, exploration.executions());
        assertTrue(exploration.blocked() > 1000);
    }

    /// Published: Flanagan and Godefroid, POPL 2005; 8^(n - 11) traces.
    @Test
    void indexerHasThePublishedNumberOfTraces() {
        assertEquals(1, executions(Programs.indexer(11)));
        assertEquals(8, executions(Programs.indexer(12)));
        assertEquals(4096, executions(Programs.indexer(15)));
    }

    /// Published: Flanagan and Godefroid, POPL 2005; 2^(n - 13) traces.
    @Test
    void fileSystemHasThePublishedNumberOfTraces() {
        assertEquals(2, executions(Programs.fileSystem(14)));
        assertEquals(8, executions(Programs.fileSystem(16)));
        assertEquals(32, executions(Programs.fileSystem(18)));
        assertEquals(64, executions(Programs.fileSystem(19)));
    }

    /// Each of the n forks is used in one order or the other, but not all round: 2^n - 2.
    @Test
    void orderedPhilosophersAreFree() {
        assertEquals(30, executions(Programs.philosophers(5, true)));
        assertEquals(254, executions(Programs.philosophers(8, true)));
        assertEquals(4094, executions(Programs.philosophers(12, true)));
    }

    /// The same 2^n - 2 and the deadlock.
    @Test
    void philosophersWithTheLeftForkFirstDeadlockOnce() {
        Exploration exploration = explore(Programs.philosophers(3, false));
        assertEquals(7, exploration.executions());
        assertEquals(Kind.DEADLOCK, only(exploration).kind());
        assertEquals(255, explore(Programs.philosophers(8, false)).executions());
        Exploration twelve = explore(Programs.philosophers(12, false));
        assertEquals(4095, twelve.executions());
        assertEquals(11, only(twelve).switches());
    }

    /// Either task goes through first, or both hold one lock.
    @Test
    void crossedLocksHaveThreeTracesWhateverIsDoneBefore() {
        for (int padding : new int[] {0, 18, 200}) {
            Exploration exploration = explore(Programs.abba(padding));
            assertEquals(3, exploration.executions());
            assertEquals("P0 waits for lock of 1, held by P1; P1 waits for lock of 0, held by P0", only(exploration).summary());
            assertEquals(1, only(exploration).schedule().switches());
        }
    }

    /// The writer queues before, between or after the two shares of the one reader, and before or after the other's
    /// share: 3 × 2. Between the two, the recursive reader and the writer wait for each other.
    @Test
    void aReaderWaitsForItselfBehindAQueuedWriter() {
        Exploration exploration = explore(Programs.recursiveReader());
        assertEquals(6, exploration.executions());
        assertEquals("P0 waits for rwsem, queued behind writer P2; P2 waits for rwsem, held by P0",
                only(exploration).summary());
    }

    @Test
    void aTaskThatWaitsForItselfIsSaidToDoSo() {
        Exploration exploration = explore(Programs.of(0, 1, o -> {
            o.locks[0].lock();
            o.locks[0].lock();
        }));
        assertEquals("P0 waits for lock of 0, which it holds itself", only(exploration).summary());
    }

    /// P2 waits behind P0, but is no part of the cycle that P0 and P1 form.
    @Test
    void aTaskThatWaitsBehindADeadlockIsNotPartOfIt() {
        Exploration exploration = explore(Programs.of(2, 2, 3, i -> o -> {
            o.locks[i % 2].lock();
            if (i < 2) {
                o.locks[1 - i].lock();
                o.locks[1 - i].unlock();
            }
            o.locks[i % 2].unlock();
        }));
        assertEquals("P0 waits for lock of 1, held by P1; P1 waits for lock of 0, held by P0", only(exploration).summary());
    }

    @Test
    void tasksThatSpinForEachOtherGoRoundEachAlone() {
        Exploration exploration = explore(Programs.of(2, 0, 2, i -> o -> {
            RetryLoop loop = o.machine.retryLoop("spin");
            while (o.cells[1 - i].read() == 0) {
                loop.again();
            }
            o.cells[i].write(1);
        }));
        assertEquals("P0 (spin) and P1 (spin) go round for ever", only(exploration).summary());
    }

    /// The sleeper looks after the write, or before it and then joins the queue before the wake-up or after it.
    @Test
    void aWakeUpBeforeTheSleepIsLost() {
        Exploration exploration = explore(Programs.lostWakeUp());
        assertEquals(3, exploration.executions());
        assertEquals(Kind.DEADLOCK, only(exploration).kind());
        assertEquals("P0 waits for queue, which nobody is left to change", only(exploration).summary());
    }

    @Test
    void tryingAndBackingOffIsALivelockOfBoth() {
        Exploration exploration = explore(Programs.backOff());
        assertTrue(exploration.complete());
        assertEquals(Kind.LIVELOCK, only(exploration).kind());
        assertEquals("P0 (backoff) and P1 (backoff) undo each other's work for ever", only(exploration).summary());
    }

    /// The lock is free at the first look, or the task waits after that look until it is.
    @Test
    void anAwaitedLockThatIsFreedIsTaken() {
        Exploration exploration = explore(Programs.awaitThenExchange());
        assertTrue(exploration.complete());
        assertEquals(List.of(), exploration.violations());
        assertEquals(1, exploration.outcomes().size());
    }

    @Test
    void aLoopThatFaultsInAndStillFailsIsALivelockOfItsOwn() {
        Exploration exploration = explore(Programs.of(1, 0, o -> {
            RetryLoop loop = o.machine.retryLoop("fault-in");
            while (o.cells[0].read() != 2) {
                o.cells[0].write(1);
                loop.again();
            }
        }));
        assertEquals(Kind.LIVELOCK, only(exploration).kind());
        assertEquals("P0 (fault-in) goes round for ever", only(exploration).summary());
    }

    /// It ends at once, or after one round; or comes back to where it was, and what it may do from there was seen.
    @Test
    void aLoopThatOnlyTheEnvironmentKeepsGoingIsNone() {
        Exploration exploration = explore(Programs.of(1, 0, o -> {
            RetryLoop loop = o.machine.retryLoop("evict");
            while (o.machine.choose("evict", 2) == 1) {
                o.cells[0].read();
                loop.again();
            }
        }));
        assertEquals(3, exploration.executions());
        assertTrue(exploration.complete());
        assertEquals(0, exploration.violations().size());
    }

    @Test
    void spinningThatAnotherTaskEndsIsNoneAndIsFinite() {
        Exploration exploration = explore(Programs.of(1, 1,
                o -> {
                    RetryLoop loop = o.machine.retryLoop("spin");
                    while (o.cells[0].read() == 0) {
                        loop.again();
                    }
                },
                o -> {
                    o.locks[0].lock();
                    o.cells[0].write(1);
                    o.locks[0].unlock();
                }));
        assertTrue(exploration.complete());
        assertEquals(0, exploration.violations().size());
    }

    @Test
    void aLoopThatCountsEndsAtTheBoundAndIsIncomplete() {
        Exploration exploration = Explorer.explore(Programs.of(1, 0, o -> {
            RetryLoop loop = o.machine.retryLoop("count");
            for (long n = 0; o.cells[0].read() == 0; n++) {
                loop.again(n);
            }
        }), new Dpor(), ExploreOptions.DEFAULT.withStepBound(500));
        assertFalse(exploration.complete());
        assertEquals(0, exploration.violations().size());
    }

    @Test
    void bruteForceSeesEveryInterleaving() {
        assertEquals(6, Explorer.explore(Programs.abba(0), new BruteForce(), ExploreOptions.DEFAULT).executions());
        assertEquals(6, Explorer.explore(Programs.increments(2), new BruteForce(), ExploreOptions.DEFAULT).executions());
    }
}
