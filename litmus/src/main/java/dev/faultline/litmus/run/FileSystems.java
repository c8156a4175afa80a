package dev.faultline.litmus.run;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.litmus.setup.SetupStep;
import java.util.List;

/// The file systems that can be mounted.
final class FileSystems {
    private FileSystems() {}

    /// {@return the types that there is a model of, as `mount` names them}
    static List<String> names() {
        return List.of();
    }

    /// {@return a new file system as each node of the machine knows it}
    static List<FileSystem> mount(SetupStep.Mount mount, Kernel kernel) {
        throw new IllegalArgumentException("not refused when it was loaded: " + mount + kernel);
    }
}
