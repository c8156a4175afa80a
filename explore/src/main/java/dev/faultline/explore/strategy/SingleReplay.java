package dev.faultline.explore.strategy;

import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Machine;

/// The one execution that a schedule says.
public final class SingleReplay implements Strategy {
    private final Replay replay;

    /// Follows `schedule`.
    public SingleReplay(Schedule schedule) {
        this.replay = new Replay(schedule);
    }

    @Override
    public String name() {
        return "replay";
    }

    @Override
    public void begin() {}

    @Override
    public int next(Machine machine) {
        return replay.next(machine);
    }

    @Override
    public int choose(Machine machine, int alternatives) {
        return replay.choose(machine, alternatives);
    }

    /// @throws ScheduleMismatch if the program did not go along with the schedule
    @Override
    public boolean plan(Machine machine) {
        if (replay.drift().isPresent()) {
            throw new ScheduleMismatch(replay.drift().get());
        }
        return false;
    }

    @Override
    public boolean wasRedundant() {
        return false;
    }

    @Override
    public boolean isExhaustive() {
        return false;
    }

    @Override
    public double fractionDone() {
        return 1;
    }
}
