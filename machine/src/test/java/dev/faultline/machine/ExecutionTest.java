package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Completion;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import dev.faultline.machine.task.StateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ExecutionTest {
    /// A program that does that in its set-up and its end, and has one task.
    private static Program phases(Consumer<Machine> setUp, Consumer<Machine> task, Consumer<Machine> finish) {
        return machine -> new Program.World() {
            @Override
            public void setUp() {
                setUp.accept(machine);
            }

            @Override
            public void spawnTasks() {
                machine.spawn("P0", () -> task.accept(machine));
            }

            @Override
            public void finish() {
                finish.accept(machine);
            }

            @Override
            public Outcome outcome() {
                return Outcome.of(7L);
            }
        };
    }

    private static Execution finished(Program program) {
        Execution execution = Execution.start(program, Scheduler.SEQUENTIAL, 100, null);
        execution.finish();
        return execution;
    }

    @Test
    void anExecutionThatRanToItsEndHasAnOutcome() {
        Execution execution = finished(phases(machine -> { }, machine -> { }, machine -> { }));
        assertEquals(Optional.of(Outcome.of(7L)), execution.outcome());
        assertEquals(List.of(), execution.findings());
    }

    @Test
    void whatTheEndPartReportsIsAFinding() {
        Execution execution = finished(phases(machine -> { }, machine -> { },
                machine -> machine.report(Kind.LEAK, "one page")));
        assertEquals(List.of(new Finding(Kind.LEAK, "one page")), execution.findings());
    }

    @Test
    void theTraceIsThatOfTheExploredPart() {
        Consumer<Machine> reads = machine -> new Cell(machine, "cell", "", 0).read();
        Execution execution = finished(phases(reads, reads.andThen(reads), reads));
        assertEquals(2, execution.machine().stepCount());
    }

    @Test
    void anExceptionInATaskIsABugOfTheModel() {
        Execution execution = finished(phases(machine -> { }, machine -> {
            throw new IllegalStateException("impossible");
        }, machine -> { }));
        assertEquals(Ending.CRASH, execution.ending());
        assertEquals(List.of(new Finding(Kind.BUG, "Faultline's model failed: java.lang.IllegalStateException: impossible")),
                execution.findings());
    }

    @Test
    void aSetUpThatDoesNotEndIsNotExplored() {
        assertEquals("it waits for ever", failure(machine -> new Completion(machine, "io", "").waitFor()));
        assertEquals("no such file", failure(machine -> {
            throw machine.finding(Kind.BUG, "no such file");
        }));
        assertEquals("it did not end within the step bound", failure(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            for (;;) {
                cell.addAndGet(1);
            }
        }));
        assertEquals("the model failed: java.lang.IllegalStateException: impossible", failure(machine -> {
            throw new IllegalStateException("impossible");
        }));
    }

    private static String failure(Consumer<Machine> setUp) {
        Program program = phases(setUp, machine -> { }, machine -> { });
        return assertThrows(SetUpFailed.class, () -> finished(program)).getMessage();
    }

    @Test
    void anExecutionEndsWhileDaemonsWait() {
        Execution execution = finished(phases(machine -> {
            Completion never = new Completion(machine, "never", "");
            machine.spawnDaemon("daemon", never::waitFor);
        }, machine -> { }, machine -> { }));
        assertEquals(Ending.DONE, execution.ending());
        assertTrue(!execution.machine().task(0).isDone());
    }

    /// The daemon stood there before the first step: nothing in the explored part made it.
    @Test
    void aDaemonOfTheSetUpIsThereFromTheStart() {
        Execution execution = finished(phases(machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            cell.read();
            cell.read();
            Completion never = new Completion(machine, "never", "");
            machine.spawnDaemon("daemon", never::waitFor);
            cell.read();
        }, machine -> { }, machine -> { }));
        assertEquals(0, execution.machine().task(0).createdAtStep());
        assertEquals(-1, execution.machine().task(0).parentId());
    }

    @Test
    void aTaskMadeOnTheWayRunsBesideItsMaker() {
        List<String> order = new ArrayList<>();
        Execution execution = Small.run("0.1.0", machine -> {
            Cell cell = new Cell(machine, "cell", "", 0);
            return List.of(() -> {
                cell.read();
                machine.spawn("child", () -> {
                    cell.read();
                    order.add("child");
                });
                cell.read();
                order.add("maker");
            });
        });
        assertEquals(Ending.DONE, execution.ending());
        assertEquals(List.of("child", "maker"), order);
        assertEquals(1, execution.machine().task(1).createdAtStep());
        assertEquals(0, execution.machine().task(1).parentId());
    }

    /// Objects made by tasks are called the same whichever task comes first.
    @Test
    void namesOfObjectsDoNotDependOnTheSchedule() {
        assertEquals(names("0.0.1.1"), names("1.0.1.0"));
    }

    private static TreeSet<Long> names(String schedule) {
        TreeSet<Long> names = new TreeSet<>();
        Small.run(schedule, machine -> {
            Cell common = new Cell(machine, "cell", "", 0);
            Runnable makes = () -> {
                common.read();
                names.add(new Cell(machine, "own", "", 0).stableName());
                common.read();
                names.add(new Cell(common, machine.current().id(), "part", "", 0).stableName());
            };
            return List.of(makes, makes);
        });
        return names;
    }

    /// The word is 0 again after two steps, but the task has come further.
    @Test
    void theKeyOfAStateTellsWhereTasksStand() {
        StateKey before = Small.run("9", ExecutionTest::undoes).machine().stateKey();
        StateKey between = Small.run("0.9", ExecutionTest::undoes).machine().stateKey();
        StateKey after = Small.run("0.0.9", ExecutionTest::undoes).machine().stateKey();
        assertEquals(3, List.of(before, between, after).stream().distinct().count());
        assertEquals(after, Small.run("0.0.9", ExecutionTest::undoes).machine().stateKey());
    }

    private static List<Runnable> undoes(Machine machine) {
        Cell cell = new Cell(machine, "cell", "", 0);
        return List.of(() -> {
            cell.write(1);
            cell.write(0);
            cell.read();
        });
    }

    @Test
    void dependenceIsSymmetricAndOnlyDependentStepsAreReversible() {
        for (Access a : Access.values()) {
            for (Access b : Access.values()) {
                assertEquals(Access.dependent(a.ordinal(), b.ordinal()), Access.dependent(b.ordinal(), a.ordinal()));
                assertEquals(Access.reversible(a.ordinal(), b.ordinal()), Access.reversible(b.ordinal(), a.ordinal()));
                assertTrue(Access.dependent(a.ordinal(), b.ordinal()) || !Access.reversible(a.ordinal(), b.ordinal()));
            }
        }
    }

    @Test
    void aReleaseAndTheAcquisitionItPermitsAreOrderedButNoRace() {
        assertTrue(Access.dependent(Access.RELEASE.ordinal(), Access.ACQUIRE.ordinal()));
        assertTrue(!Access.reversible(Access.RELEASE.ordinal(), Access.ACQUIRE.ordinal()));
    }
}
