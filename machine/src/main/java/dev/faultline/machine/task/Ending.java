package dev.faultline.machine.task;

/// How an execution, or a phase of it, ended.
public enum Ending {
    /// Every task that is not a daemon ran to its end, and the daemons came to rest.
    DONE,
    /// Some task waits for ever.
    DEADLOCK,
    /// Tasks go round for ever; the certificate was confirmed by going round three more times.
    LIVELOCK,
    /// A finding that ends the execution.
    FINDING,
    /// The model itself failed: an exception in a task.
    CRASH,
    /// The step bound was reached.
    STEP_BOUND,
    /// The scheduler did not want to see the rest.
    ABANDONED,
    /// The rest repeats what another execution shows: a state recurred, and leaving the cycle is explored
    /// elsewhere.
    COVERED
}
