package dev.faultline.machine.schedule;

import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;

/// The set-up of a program did not run to its end, so there is nothing to explore: bad input, or a defect
/// of the model.
public final class SetUpFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Machine machine;
    private final Ending ending;

    SetUpFailed(Ending ending, Machine machine) {
        super(reason(ending, machine));
        this.ending = ending;
        this.machine = machine;
    }

    private static String reason(Ending ending, Machine machine) {
        return switch (ending) {
            case DEADLOCK, COVERED -> "it waits for ever";
            case LIVELOCK -> "it goes round for ever";
            case STEP_BOUND -> "it did not end within the step bound";
            case FINDING -> machine.findings().getLast().summary();
            case CRASH -> "the model failed: " + machine.crash();
            case DONE, ABANDONED -> "it was not run to its end";
        };
    }

    /// {@return how the set-up ended}
    public Ending ending() {
        return ending;
    }

    /// {@return the machine as the set-up left it}
    public Machine machine() {
        return machine;
    }
}
