package dev.faultline.machine.task;

/// Watches one execution closely, for a report. Exploring runs without one.
public interface Recorder {
    /// The running task has announced its pending step; its stack is the one of the step.
    void announced(Task task);

    /// `task` has been chosen and takes its pending step now.
    void stepped(Task task);

    /// `task` holds `lock` from now on.
    default void took(Task task, SharedObject lock) {}

    /// `task` says something about the step that it took last.
    void noted(Task task, String text);

    /// `task` starts over at `site`.
    void retried(Task task, String site);
}
