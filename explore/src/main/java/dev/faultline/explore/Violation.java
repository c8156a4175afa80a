package dev.faultline.explore;

import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Kind;

/// Something that must never happen, with the shortest schedule found that leads there.
///
/// @param summary one line; the same for the same violation in other executions
public record Violation(Kind kind, String summary, Schedule schedule) {
    /// {@return the number of steps of the schedule}
    public int steps() {
        return schedule.steps();
    }

    /// {@return how often the schedule switches from one task to another}
    public int switches() {
        return schedule.switches();
    }
}
