package dev.faultline.kernel.fs;

/// The descriptors of the process that makes a request, for files that hand out others.
public interface Descriptors {
    /// {@return the new descriptor of `file`} One step.
    int install(OpenFile file);
}
