package dev.faultline.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A process that ran, what it printed and what it took.
///
/// @param cpuSeconds  not a number if GNU time is not there, or the process had to be ended
/// @param peakMegabytes the same
record Child(String output, int status, boolean timedOut, double seconds, double cpuSeconds, double peakMegabytes) {
    private static final Path GNU_TIME = Path.of("/usr/bin/time");

    /// Runs a command in `folder` and waits for its end, at most that long.
    static Child run(Path folder, double capSeconds, List<String> command) {
        Path usage = folder.resolve("usage");
        Path output = folder.resolve("output");
        try {
            Files.deleteIfExists(usage);
            long start = System.nanoTime();
            Process process = new ProcessBuilder(measured(usage, command)).directory(folder.toFile())
                    .redirectErrorStream(true).redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile())
                    .start();
            boolean ended = process.waitFor((long) (capSeconds * 1000), TimeUnit.MILLISECONDS);
            double seconds = (System.nanoTime() - start) / 1e9;
            if (!ended) {
                List<ProcessHandle> begotten = process.descendants().toList();
                begotten.forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                process.waitFor();
                begotten.forEach(one -> one.onExit().join()); // so that it is not in the way of what comes next
            }
            double[] used = ended ? used(usage) : new double[] {Double.NaN, Double.NaN};
            String printed = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
            return new Child(printed, ended ? process.exitValue() : -1, !ended, seconds, used[0], used[1]);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private static List<String> measured(Path usage, List<String> command) {
        List<String> all = new ArrayList<>();
        if (Files.isExecutable(GNU_TIME)) {
            all.addAll(List.of(GNU_TIME.toString(), "-q", "-f", "%U %S %M", "-o", usage.toString()));
        }
        all.addAll(command);
        return all;
    }

    private static double[] used(Path usage) throws IOException {
        if (!Files.exists(usage)) {
            return new double[] {Double.NaN, Double.NaN};
        }
        String[] fields = Files.readString(usage).strip().split(" ");
        return new double[] {
            Double.parseDouble(fields[0]) + Double.parseDouble(fields[1]), Double.parseDouble(fields[2]) / 1024
        };
    }

    /// {@return the rest of the first line that begins with that word}
    Optional<String> value(String key) {
        return output.lines().filter(line -> line.startsWith(key + " ")).findFirst()
                .map(line -> line.substring(key.length() + 1));
    }

    /// {@return the number behind that word; not a number if it is not there}
    double number(String key) {
        return value(key).map(Double::parseDouble).orElse(Double.NaN);
    }
}
