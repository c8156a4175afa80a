/// What runs: tasks, steps on shared objects, schedules, traces.
module dev.faultline.machine {
    requires static org.jspecify;
}
