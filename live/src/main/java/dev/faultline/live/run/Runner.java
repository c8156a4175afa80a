package dev.faultline.live.run;

import dev.faultline.live.host.Command;
import dev.faultline.live.host.Ground;
import dev.faultline.live.host.HostUnavailable;
import dev.faultline.live.translate.CProgram;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/// Runs a C program as a child process. A crash or a hang there is an outcome or a failure of the run, never ours.
public final class Runner {
    /// What the program may take beyond its own limit: its deadlocks, and its end.
    private static final long PATIENCE_MILLIS = 60_000;
    private static final long LAST_WORDS_MILLIS = 4_000;

    private Runner() {}

    /// {@return how the rounds of the program ended}
    ///
    /// @throws HostUnavailable if there is no compiler, or the program cannot be run here
    public static Histogram run(CProgram program, Ground ground, RunOptions options) throws HostUnavailable {
        Path binary = compile(program, ground);
        Path said = ground.folder().resolve("said");
        List<String> command = ground.command(List.of(binary.toString(), Long.toString(options.rounds()),
                String.format(Locale.ROOT, "%.3f", options.time().toMillis() / 1000.0), Long.toString(options.seed())));
        try {
            Process process = new ProcessBuilder(command).directory(ground.folder().toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectErrorStream(true).redirectOutput(said.toFile()).start();
            await(process, options);
            return HistogramReader.read(Files.readAllLines(said));
        } catch (IOException problem) {
            throw new HostUnavailable("cannot run the test: " + problem.getMessage(), problem);
        }
    }

    private static Path compile(CProgram program, Ground ground) throws HostUnavailable {
        Path source = ground.folder().resolve("test.c");
        Path binary = ground.folder().resolve("test");
        try {
            Files.writeString(source, program.text(), StandardOpenOption.CREATE_NEW);
        } catch (IOException problem) {
            throw new HostUnavailable("cannot write the C program: " + problem.getMessage(), problem);
        }
        if (!Command.exists("cc")) {
            throw new HostUnavailable("there is no C compiler: no cc in the path");
        }
        List<String> command = new ArrayList<>(List.of("cc"));
        command.addAll(CProgram.FLAGS);
        command.addAll(List.of("-o", binary.toString(), source.toString()));
        Command.run(command);
        return binary;
    }

    private static void await(Process process, RunOptions options) {
        long end = System.nanoTime() / 1_000_000 + options.time().toMillis() + PATIENCE_MILLIS;
        try {
            while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
                if (options.stop().getAsBoolean() || System.nanoTime() / 1_000_000 > end) {
                    end(process);
                    return;
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }

    /// The program prints what it has when it is asked to end.
    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
        }
    }
}
