package dev.faultline.kernel.fs;

import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Machine;

/// A task in poll(2), which waits for any of several files (`struct poll_wqueues`).
public final class PollWait {
    private final Cell triggered;

    /// The wait of the running task.
    public PollWait(Machine machine) {
        this.triggered = new Cell(machine, "poll wait", machine.current(), 0);
    }

    /// Wakes the task: something may have become ready. One step.
    public void wake() {
        triggered.write(1);
    }

    /// Sleeps until woken, and is ready to be woken again. One step.
    public void await() {
        triggered.await(value -> value != 0);
        triggered.write(0);
    }

    /// {@return a name that is the same in every execution}
    public long stableName() {
        return triggered.stableName();
    }
}
