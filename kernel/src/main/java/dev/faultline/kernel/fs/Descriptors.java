package dev.faultline.kernel.fs;

import java.util.OptionalInt;

/// The descriptors of the process that makes a request, for files that hand out others.
public interface Descriptors {
    /// {@return the new descriptor of `file`; nothing if there are as many as there may be (-EMFILE)} One step.
    OptionalInt install(OpenFile file);
}
