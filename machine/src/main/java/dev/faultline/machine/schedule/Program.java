package dev.faultline.machine.schedule;

import dev.faultline.machine.task.Machine;

/// A program to run under many schedules: a world of its own for each execution.
public interface Program {
    /// Makes a fresh world. Called once an execution.
    World boot(Machine machine);

    /// One world: the shared state and the tasks of one execution.
    interface World {
        /// Runs alone, as a task, before the part to explore.
        void setUp();

        /// Makes the tasks of the part to explore, by [Machine#spawn].
        void spawnTasks();

        /// Runs alone, as a task, after every task has ended. Reports what must not be, such as leaks, by
        /// [Machine#report].
        void finish();

        /// {@return what this execution came to, after [#finish]; the same text for the same outcome}
        Outcome outcome();
    }
}
