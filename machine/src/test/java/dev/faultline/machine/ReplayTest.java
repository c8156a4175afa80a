package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplayTest {
    /// Two tasks that take a lock, choose, and add what was chosen; the first makes a third.
    private static List<Runnable> tasks(Machine machine) {
        Mutex lock = new Mutex(machine, "lock", "");
        Cell cell = new Cell(machine, "cell", "", 0);
        Runnable adds = () -> {
            lock.lock();
            cell.write(cell.read() * 3 + machine.choose("what", 3));
            lock.unlock();
        };
        return List.of(() -> {
            machine.spawn("child", adds);
            adds.run();
        }, adds);
    }

    private static Execution replay(Replay replay) {
        return Execution.start(new Small(ReplayTest::tasks), replay, 1_000, null);
    }

    private static Optional<String> drift(String schedule) {
        Replay replay = new Replay(Schedule.parse(schedule));
        replay(replay);
        return replay.drift();
    }

    @Test
    void aRecordedScheduleGivesTheSameStepsAndTheSameState() {
        for (long seed = 0; seed < 100; seed++) {
            Execution first = Execution.start(new Small(ReplayTest::tasks), Small.random(seed), 1_000, null);
            Schedule schedule = Schedule.of(first.machine().trace());
            Replay replay = new Replay(Schedule.parse(schedule.toString()));
            Execution again = replay(replay);
            assertEquals(Optional.empty(), replay.drift());
            assertEquals(schedule, Schedule.of(again.machine().trace()));
            assertEquals(first.machine().stateKey(), again.machine().stateKey());
        }
    }

    @Test
    void otherSchedulesGiveOtherStates() {
        Execution one = Small.run("0.0.c1.0", ReplayTest::tasks);
        Execution other = Small.run("0.0.c2.0", ReplayTest::tasks);
        assertEquals(List.of(Ending.DONE, Ending.DONE), List.of(one.ending(), other.ending()));
        assertTrue(!one.machine().stateKey().equals(other.machine().stateKey()));
    }

    @Test
    void theLowestTaskGoesOnWhereAScheduleStops() {
        Execution execution = Small.run("1", ReplayTest::tasks);
        assertEquals(Ending.DONE, execution.ending());
        assertEquals(12, execution.machine().stepCount());
    }

    @Test
    void aTaskThatCannotRunIsDrift() {
        assertEquals(Optional.of("the schedule does not fit this program: after step 1 it asks for task 1, which cannot run"),
                drift("0.1"));
        assertEquals(Optional.of("the schedule does not fit this program: after step 0 it asks for task 7, which cannot run"),
                drift("7"));
    }

    @Test
    void aChoiceThatIsNotThereIsDrift() {
        assertEquals(Optional.of("the schedule does not fit this program: after step 1 it asks for a choice of the"
                + " environment, and there is none"), drift("0.c1"));
    }

    @Test
    void aChoiceThatIsNotMadeIsDrift() {
        assertEquals(Optional.of("the schedule does not fit this program: after step 2 the environment has a choice"
                + " among 3 that the schedule does not make"), drift("0*4"));
    }

    @Test
    void anExecutionThatEndsBeforeItsScheduleIsDrift() {
        assertEquals(Optional.of("the execution ended after 12 steps, before the schedule did"),
                drift("0*2.c0.0*2.1*2.c0.1*2.2*2.c0.2*2.0"));
    }
}
