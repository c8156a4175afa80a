package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Completion;
import dev.faultline.machine.shared.WaitQueue;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingTest {
    private static void sleep(WaitQueue queue) {
        queue.prepareToWait();
        queue.schedule();
        queue.finishWait();
    }

    /// {@return the numbers of the tasks that can run after that schedule, which ends with a task that is not there}
    private static List<Integer> enabled(Execution execution) {
        Machine machine = execution.machine();
        return List.of(0, 1, 2).stream().filter(i -> i < machine.taskCount() && machine.task(i).isEnabled()).toList();
    }

    @Test
    void aWakeUpReachesWhoeverIsOnTheQueue() {
        Execution execution = Small.run("0.1.2.9", machine -> {
            WaitQueue queue = new WaitQueue(machine, "queue", "");
            return List.of(() -> sleep(queue), () -> sleep(queue), queue::wakeUpAll);
        });
        assertEquals(List.of(0, 1), enabled(execution));
    }

    @Test
    void wakingOneWakesTheOneThatSleepsLongest() {
        Execution execution = Small.run("1.0.2.9", machine -> {
            WaitQueue queue = new WaitQueue(machine, "queue", "");
            return List.of(() -> sleep(queue), () -> sleep(queue), queue::wakeUpOne);
        });
        assertEquals(List.of(1), enabled(execution));
    }

    @Test
    void aWakeUpBeforeTheSleepIsLost() {
        Execution execution = Small.run("1.0", machine -> {
            WaitQueue queue = new WaitQueue(machine, "queue", "");
            return List.of(() -> sleep(queue), queue::wakeUpAll);
        });
        assertEquals(Ending.DEADLOCK, execution.ending());
    }

    @Test
    void eachCompletionLetsOneWaiterPass() {
        Execution execution = Small.run("2.0", machine -> {
            Completion completion = new Completion(machine, "io", "");
            return List.of(completion::waitFor, completion::waitFor, completion::complete);
        });
        assertEquals(Ending.DEADLOCK, execution.ending());
        assertEquals(List.of(true, false, true), List.of(0, 1, 2).stream()
                .map(i -> execution.machine().task(i).isDone()).toList());
    }

    @Test
    void anAwaitedValueLetsTheTaskGoOn() {
        assertEquals(List.of(1), enabled(Small.run("9", WaitingTest::awaits)));
        assertEquals(List.of(0), enabled(Small.run("1.9", WaitingTest::awaits)));
    }

    private static List<Runnable> awaits(Machine machine) {
        Cell cell = new Cell(machine, "cell", "", 1);
        return List.of(() -> cell.awaitClear(1), () -> cell.write(2));
    }
}
