package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.Scheduler;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which loops are livelocks, and which only wait.
class RetryPointTest {
    private static void spinUntilSet(Machine machine, Cell cell) {
        RetryLoop loop = machine.retryLoop("spin");
        while (cell.read() == 0) {
            loop.again();
        }
    }

    /// The first visit of the state is after one read, the second after another.
    @Test
    void aLoneTaskThatComesBackToAStateIsALivelock() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> spinUntilSet(machine, cell));
        });
        Machine machine = execution.machine();
        assertEquals(Ending.LIVELOCK, execution.ending());
        assertEquals(1, machine.livelockStart());
        assertEquals(1, machine.livelockLength());
        assertEquals(2, machine.stepCount());
        assertEquals("spin", machine.task(0).retrySite());
    }

    /// Nothing could ever be different: such a loop is a mistake of whoever wrote it.
    @Test
    void aLoopThatTakesNoStepIsNotWaitedFor() {
        Execution execution = Small.run(machine -> List.of(() -> {
            RetryLoop loop = machine.retryLoop("spin");
            for (;;) {
                loop.again();
            }
        }));
        assertEquals(Ending.CRASH, execution.ending());
        assertEquals("spin goes round without a step", execution.machine().crash().getMessage());
    }

    @Test
    void theScheduleOfALivelockLeadsThereAgain() {
        Execution execution = backingOff("0.1.0.1.0.1");
        assertEquals(Ending.LIVELOCK, execution.ending());
        String schedule = Schedule.of(execution.machine().trace()).toString();
        Execution again = backingOff(schedule);
        assertEquals(Ending.LIVELOCK, again.ending());
        assertEquals(schedule, Schedule.of(again.machine().trace()).toString());
    }

    /// Each takes its lock, fails to get the other's and gives its own up: in step with each other, for ever.
    private static Execution backingOff(String start) {
        Scheduler inStep = new Scheduler() {
            private final String[] given = start.split("\\.");
            private int taken;

            @Override
            public int next(Machine machine) {
                int task = taken < given.length ? Integer.parseInt(given[taken]) : taken % 2;
                taken++;
                return machine.task(task).isEnabled() ? task : machine.firstEnabled();
            }

            @Override
            public int choose(Machine machine, int alternatives) {
                return 0;
            }
        };
        return Execution.start(new Small(machine -> {
            Mutex[] locks = {new Mutex(machine, "lock", 0), new Mutex(machine, "lock", 1)};
            return List.of(() -> backOff(machine, locks[0], locks[1]), () -> backOff(machine, locks[1], locks[0]));
        }), inStep, 1_000, null);
    }

    private static void backOff(Machine machine, Mutex mine, Mutex other) {
        RetryLoop loop = machine.retryLoop("back off");
        mine.lock();
        while (!other.tryLock()) {
            mine.unlock();
            loop.again();
            mine.lock();
        }
        other.unlock();
        mine.unlock();
    }

    @Test
    void aLoopThatAnotherTaskEndsOnlyWaits() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> spinUntilSet(machine, cell), () -> {
                cell.write(0);
                cell.write(1);
            });
        });
        assertEquals(Ending.DONE, execution.ending());
    }

    /// The write of what was there already is no change.
    @Test
    void aTaskThatIsKeptBackGoesOnWhenWhatItReadHasChanged() {
        Execution execution = Small.run("0.0.1.9", machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> spinUntilSet(machine, cell), () -> {
                cell.write(0);
                cell.write(1);
            });
        });
        assertTrue(execution.machine().task(0).isParked());
        assertEquals(false, execution.machine().task(0).isEnabled());
    }

    @Test
    void aLoopInsideALoopIsALivelockOfTheOuterOne() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                RetryLoop outer = machine.retryLoop("outer");
                for (;;) {
                    RetryLoop inner = machine.retryLoop("inner");
                    for (int i = 0; i < 2; i++) {
                        cell.read();
                        inner.again(i);
                    }
                    outer.again();
                }
            });
        });
        assertEquals(Ending.LIVELOCK, execution.ending());
        assertEquals("outer", execution.machine().task(0).retrySite());
    }

    @Test
    void aLoopThatCountsEndsAtTheStepBound() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                RetryLoop loop = machine.retryLoop("count");
                for (long n = 0; cell.read() == 0; n++) {
                    loop.again(n);
                }
            });
        });
        assertEquals(Ending.STEP_BOUND, execution.ending());
    }

    @Test
    void aLoopThatChangesSharedStateForGoodIsNoLivelock() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                RetryLoop loop = machine.retryLoop("count");
                while (cell.addAndGet(1) < 100) {
                    loop.again();
                }
            });
        });
        assertEquals(Ending.DONE, execution.ending());
    }

    @Test
    void aLoopThatTheEnvironmentKeepsGoingIsNoLivelock() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                RetryLoop loop = machine.retryLoop("evicted");
                while (machine.choose("what", 2) == 0) {
                    cell.read();
                    loop.again();
                }
            });
        });
        assertEquals(Ending.COVERED, execution.ending());
    }

    @Test
    void aLoopThatTheEnvironmentKeepsGoingDoesNotHideWhatOthersDo() {
        Execution execution = Small.run(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                RetryLoop loop = machine.retryLoop("evicted");
                while (cell.read() == 0) {
                    machine.choose("what", 2);
                    loop.again();
                }
            }, () -> {
                cell.read();
                cell.write(1);
            });
        });
        assertEquals(Ending.DONE, execution.ending());
    }

    /// Both hold what the other wants; neither changes anything.
    @Test
    void tasksThatTryInVainDoNotWakeEachOther() {
        Execution execution = Small.run("0.1", machine -> {
            Mutex[] locks = {new Mutex(machine, "lock", 0), new Mutex(machine, "lock", 1)};
            return List.of(() -> tryFor(machine, locks[0], locks[1]), () -> tryFor(machine, locks[1], locks[0]));
        });
        assertEquals(Ending.LIVELOCK, execution.ending());
        assertTrue(execution.machine().stepCount() < 20);
    }

    private static void tryFor(Machine machine, Mutex mine, Mutex other) {
        RetryLoop loop = machine.retryLoop("try");
        mine.lock();
        while (!other.tryLock()) {
            loop.again();
        }
    }

    /// The daemon spins from the set-up on, and what it waits for comes in the part to explore.
    @Test
    void aDaemonThatIsKeptBackInTheSetUpGoesOnLater() {
        boolean[] seen = new boolean[1];
        Program program = machine -> new Program.World() {
            private final Cell cell = new Cell(machine, "cell", "", 0);

            @Override
            public void setUp() {
                machine.spawnDaemon("daemon", () -> {
                    spinUntilSet(machine, cell);
                    seen[0] = true;
                });
                cell.read();
                cell.read();
                cell.read();
            }

            @Override
            public void spawnTasks() {
                machine.spawn("P0", () -> cell.write(1));
            }

            @Override
            public void finish() {}

            @Override
            public Outcome outcome() {
                return Outcome.NONE;
            }
        };
        assertEquals(Ending.DONE, Execution.start(program, Scheduler.SEQUENTIAL, 1_000, null).ending());
        assertTrue(seen[0]);
    }

    @Test
    void onlyALivelockHasACycle() {
        Execution execution = Small.run(machine -> List.of());
        assertThrows(IllegalStateException.class, () -> execution.machine().livelockStart());
    }
}
