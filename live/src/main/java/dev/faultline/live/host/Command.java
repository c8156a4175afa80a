package dev.faultline.live.host;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Commands of the host.
public final class Command {
    /// Where commands are that only root runs, which not everybody has in the path.
    private static final List<String> MORE_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

    private Command() {}

    /// {@return the program of that name, if there is one}
    static Optional<Path> find(String name) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.concat(Arrays.stream(path.split(File.pathSeparator)), MORE_FOLDERS.stream())
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name)).filter(file -> file.toFile().canExecute()).findFirst();
    }

    /// {@return whether there is a program of that name}
    public static boolean exists(String name) {
        return find(name).isPresent();
    }

    /// Runs a command to its end.
    ///
    /// @return what it said
    /// @throws HostUnavailable if it cannot be run or fails
    public static String run(List<String> command) throws HostUnavailable {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new HostUnavailable(command.getFirst() + " failed: " + said.strip());
            }
            return said;
        } catch (IOException missing) {
            throw new HostUnavailable("cannot run " + command.getFirst() + ": " + missing.getMessage(), missing);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new HostUnavailable("interrupted in " + command.getFirst(), interrupted);
        }
    }
}
