package dev.faultline.mutants;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Random programs that are tried with mutants: made by the class loader that knows them.
public interface Programs {
    /// {@return programs that were recorded on the file system that the file is named after: the model answers as Linux did}
    List<Trial> recorded(Path file);

    /// {@return the program of a seed: the model answers as it did the first time}
    Trial drawn(String fileSystem, long seed);

    /// {@return programs beside which a page is moved, written, or given back, as many as a build tries}
    List<Trial> disturbed();

    /// {@return the program of two threads of a seed: its outcomes are those of the first time; nothing if the model has too
    /// much to explore}
    Optional<Trial> threaded(String fileSystem, long seed);
}
