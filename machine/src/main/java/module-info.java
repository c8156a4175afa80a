/// What runs: tasks, steps on shared objects, schedules, traces. Knows neither Linux nor who orders the steps.
module dev.faultline.machine {
    requires transitive static org.jspecify;

    exports dev.faultline.machine.task;
    exports dev.faultline.machine.shared;
    exports dev.faultline.machine.schedule;
}
