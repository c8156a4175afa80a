package dev.faultline.cli;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.Diagnostic;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Loads litmus files, telling what is wrong with those that cannot be used.
final class Tests {
    private static final Pattern MOUNT = Pattern.compile("\\bmount\\s+\\w+\\s+(/\\S*?)\\s*;");

    private Tests() {}

    /// {@return the files, in place of each folder the litmus files below it, in the order of their names}
    ///
    /// @throws IOException if a folder cannot be read, or has none
    static List<Path> files(List<Path> filesAndFolders) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path path : filesAndFolders) {
            if (!Files.isDirectory(path)) {
                files.add(path);
                continue;
            }
            int before = files.size();
            try (Stream<Path> below = Files.walk(path)) {
                below.filter(file -> file.toString().endsWith(".litmus")).sorted().forEach(files::add);
            }
            if (files.size() == before) {
                throw new IOException("no litmus file below " + path);
            }
        }
        return files;
    }

    static Optional<LitmusTest> load(Path file, Terminal terminal) {
        return load(file, Optional.empty(), terminal);
    }

    /// Loads a test with another file system in place of those that it mounts without options.
    static Optional<LitmusTest> load(Path file, Optional<String> fileSystem, Terminal terminal) {
        try {
            if (fileSystem.isEmpty() || !Files.isReadable(file)) {
                return Optional.of(LitmusLoader.load(file, Setup.modelled()));
            }
            String text = MOUNT.matcher(Files.readString(file)).replaceAll(
                    mount -> "mount " + Matcher.quoteReplacement(fileSystem.get()) + " " + mount.group(1) + ";");
            return Optional.of(LitmusLoader.parse(file.toString(), text, Setup.modelled()));
        } catch (MalformedLitmusException malformed) {
            malformed.diagnostics().stream().map(Diagnostic::render).forEach(terminal::message);
            return Optional.empty();
        } catch (IOException unreadable) {
            terminal.message(file + ": error: it cannot be read: " + unreadable.getMessage());
            return Optional.empty();
        }
    }
}
