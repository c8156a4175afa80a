package dev.faultline.cli;

import dev.faultline.explore.Checkpoint;
import dev.faultline.explore.Saver;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.KernelChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/// Keeps an exploration in a file. The file is replaced as a whole, so that whenever the process is killed there is one
/// that can be read.
final class CheckpointFile implements Saver {
    private final Path file;
    private final String program;
    private final long everyMillis;
    private long last = Budget.now();
    private boolean written;

    CheckpointFile(Path file, String program, Duration every) {
        this.file = file;
        this.program = program;
        this.everyMillis = every.toMillis();
    }

    /// {@return what is explored, in one line: another text, kernel or bound makes another line}
    static String program(LitmusTest test, KernelChoice kernel, long steps) {
        return test.name() + " on " + kernel + ", " + steps + " steps, text "
                + Integer.toHexString(test.source().text().hashCode()) + "-" + test.source().text().length();
    }

    /// {@return what the file holds of that program}
    ///
    /// @throws IllegalArgumentException if it cannot be gone on with; the message says why
    static Checkpoint read(Path file, String program) {
        Checkpoint checkpoint;
        try {
            checkpoint = Checkpoint.parse(Files.readString(file));
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("--resume " + file + ": cannot be read (" + reason(unreadable) + ")",
                    unreadable);
        } catch (IllegalArgumentException foreign) {
            throw new IllegalArgumentException("--resume " + file + ": " + foreign.getMessage(), foreign);
        }
        if (!checkpoint.program().equals(program)) {
            throw new IllegalArgumentException("--resume " + file + ": it is of '" + checkpoint.program()
                    + "', not of '" + program + "'");
        }
        return checkpoint;
    }

    /// {@return why a file cannot be used, in a few words}
    private static String reason(IOException failure) {
        if (failure instanceof FileSystemException known && known.getReason() != null) {
            return known.getReason();
        }
        return failure.getClass().getSimpleName().replace("Exception", "");
    }

    @Override
    public boolean isDue() {
        return Budget.now() - last >= everyMillis;
    }

    @Override
    public String program() {
        return program;
    }

    /// @throws UncheckedIOException if the file cannot be written
    @Override
    public void save(Checkpoint checkpoint) {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(beside, checkpoint.text());
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
        written = true;
        last = Budget.now();
    }

    private UncheckedIOException unwritable(IOException failure) {
        return new UncheckedIOException("--checkpoint " + file + ": cannot be written (" + reason(failure) + ")", failure);
    }

    /// The exploration has ended: if it is complete nothing is left to go on with.
    ///
    /// @return what to tell the user
    String end(boolean complete) {
        if (!complete) {
            return written ? "go on with --resume " + file : "";
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
        return "";
    }
}
