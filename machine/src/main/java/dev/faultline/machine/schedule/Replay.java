package dev.faultline.machine.schedule;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.Optional;

/// Follows a schedule. Past its end the lowest enabled task runs on, so that a schedule may stop where
/// nothing is left to decide.
public final class Replay implements Scheduler {
    private final Schedule schedule;
    private int position;
    private Optional<String> drift = Optional.empty();

    /// A scheduler that follows `schedule` once.
    public Replay(Schedule schedule) {
        this.schedule = schedule;
    }

    @Override
    public int next(Machine machine) {
        if (position >= schedule.length()) {
            return SEQUENTIAL.next(machine);
        }
        int task = schedule.value(position);
        if (schedule.isChoice(position) || task >= machine.taskCount() || !machine.task(task).isEnabled()) {
            return drifted(machine);
        }
        position++;
        return task;
    }

    private int drifted(Machine machine) {
        if (machine.firstEnabled() == NONE) {
            position = schedule.length(); // the execution ends earlier than the schedule: judged by the caller
            drift = Optional.of("the execution ended after " + machine.stepCount() + " steps, before the schedule did");
            return NONE;
        }
        drift = Optional.of("the schedule does not fit this program: after step " + machine.stepCount()
                + " it asks for " + (schedule.isChoice(position)
                        ? "a choice of the environment, and there is none"
                        : "task " + schedule.value(position) + ", which cannot run"));
        return ABANDON;
    }

    @Override
    public int choose(Machine machine, int alternatives) {
        if (position >= schedule.length()) {
            return 0;
        }
        int value = schedule.value(position);
        if (!schedule.isChoice(position) || value >= alternatives) {
            drift = Optional.of("the schedule does not fit this program: after step " + machine.stepCount()
                    + " the environment has a choice among " + alternatives + " that the schedule does not make");
            return 0;
        }
        position++;
        return value;
    }

    /// {@return where the execution left the schedule, if it did}
    public Optional<String> drift() {
        return drift;
    }
}
