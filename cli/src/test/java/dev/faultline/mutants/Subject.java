package dev.faultline.mutants;

import java.nio.file.Path;
import java.util.List;

/// What is tried with mutants: made by the class loader that knows them.
public interface Subject {
    /// {@return the tests of the zoo under these folders that expect something of today's kernel}
    List<Trial> zoo(List<Path> folders);

    /// {@return the tests of a folder that were recorded on a file system: what comes out is what came out the first time}
    List<Trial> outcomes(Path folder, String fileSystem);
}
