package dev.faultline.explore;

import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Schedule;

/// An outcome, in how many executions it was seen, and the schedule of the first of them.
public record OutcomeCount(Outcome outcome, long executions, Schedule witness) {}
