package dev.faultline.machine.task;

/// Is told which locks tasks take, so that it can see in which order. May outlive the machine.
@FunctionalInterface
public interface LockWatch {
    /// Nobody.
    LockWatch NONE = (machine, lock, mode) -> { };

    /// The running task takes `lock` next, and waits for it if need be: trying does not count. It holds
    /// [Task#held] by now.
    void claims(Machine machine, SharedObject lock, LockMode mode);
}
