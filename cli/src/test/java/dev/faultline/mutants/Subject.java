package dev.faultline.mutants;

import java.nio.file.Path;
import java.util.List;

/// What is tried with mutants: made by the class loader that knows them.
public interface Subject {
    /// {@return what the tests of the zoo under these folders expect of today's kernel, and what they expect to be in order}
    ///
    /// @param earlier whether the bugs of earlier kernels are expected as well
    List<Trial> zoo(List<Path> folders, boolean earlier);

    /// {@return the tests of a folder that were recorded on a file system: what comes out is what came out the first time}
    List<Trial> outcomes(Path folder, String fileSystem);
}
