package dev.faultline.cli;

import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.live.conform.Conform;
import dev.faultline.live.conform.Difference;
import dev.faultline.live.conform.Functions;
import dev.faultline.live.conform.HostSide;
import dev.faultline.live.host.HostUnavailable;
import dev.faultline.live.conform.LitmusText;
import dev.faultline.live.conform.ModelSide;
import dev.faultline.live.conform.Recorded;
import dev.faultline.live.conform.Recording;
import dev.faultline.live.conform.Rules;
import dev.faultline.live.conform.ThreadedConform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `faultline conform`: random programs on the model and on the host.
@Command(name = "conform", mixinStandardHelpOptions = true,
        description = "Runs random programs on the model and on this Linux, and compares every answer.")
final class ConformCommand implements Callable<Integer> {
    private static final long SHOW_EVERY_MILLIS = 200;
    private static final String HOST = System.getProperty("os.version").replaceFirst("-.*", "");

    @ParentCommand
    private Main main = new Main();

    @Option(names = "--fs", paramLabel = "TYPE", defaultValue = "ext4", description = "The file system. Default: ext4.")
    private String fileSystem = "ext4";

    @Option(names = "--dir", paramLabel = "FOLDER", description = "An existing folder of a file system of that type; "
            + "a folder of its own is made in it. Default: where one is found, else an image that is mounted.")
    private Optional<Path> folder = Optional.empty();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "The first program's; each that "
            + "follows has the next one. Default: 0.")
    private long seed;

    @Option(names = "--programs", paramLabel = "N", defaultValue = "1000", description = "How many. Default: 1000.")
    private long programs = 1000;

    @Option(names = "--time", paramLabel = "D", defaultValue = "0",
            description = "How long: 500ms, 30s, 5m, or seconds.", converter = DurationConverter.class)
    private Duration time = Duration.ZERO;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "How many threads a program has: one, or "
            + "two whose every interleaving is explored. Default: 1.")
    private int threads = 1;

    @Option(names = "--record", paramLabel = "FILE", description = "Write the programs that both answer the same to that file, "
            + "with their answers.")
    private Optional<Path> record = Optional.empty();

    @Option(names = "--against", paramLabel = "FILE", description = "Hold the model against what --record wrote, here or "
            + "elsewhere, and run nothing on this Linux.")
    private Optional<Path> against = Optional.empty();

    @Option(names = "--quiet", description = "Print only differences and the total, and no progress.")
    private boolean quiet;

    private long shown;

    @Override
    public Integer call() {
        Optional<String> refused = refusal();
        if (refused.isPresent()) {
            return refuse(refused.get());
        }
        if (against.isPresent()) {
            return replay(against.get());
        }
        FileSystemType type = FileSystemType.valueOf(fileSystem.toUpperCase(Locale.ROOT));
        if (threads > 1) {
            return explore(type);
        }
        try (HostSide host = HostSide.start(type, folder); Functions.Count count = Functions.count()) {
            List<Recorded> agreed = new ArrayList<>();
            Conform conform = new Conform(new ModelSide(fileSystem), host, Rules.of(fileSystem),
                    record.isPresent() ? agreed::add : _ -> { });
            ExitStatus status = compare(conform, host.place(), count);
            if (record.isPresent()) {
                Files.write(record.get(), new Recording(HOST, fileSystem, agreed).lines());
            }
            return status.code();
        } catch (HostUnavailable problem) {
            return refuse(Objects.requireNonNullElse(problem.getMessage(), "the host cannot run programs"));
        } catch (IOException unwritable) {
            return refuse("cannot write " + record.map(Path::toString).orElse("") + ": " + unwritable.getMessage());
        }
    }

    /// Recorded programs, on the model alone.
    private int replay(Path file) {
        Recording recording;
        try {
            recording = Recording.parse(Files.readAllLines(file));
        } catch (NoSuchFileException missing) {
            return refuse(file + " does not exist");
        } catch (IOException | IllegalArgumentException unusable) {
            return refuse(file + " cannot be used: " + unusable.getMessage());
        }
        BooleanSupplier stop = stop(Budget.now());
        ModelSide model = new ModelSide(recording.fileSystem());
        int done = 0;
        int different = 0;
        for (Recorded recorded : recording.programs()) {
            Optional<Difference> difference = recorded.differenceTo(model, stop);
            if (stop.getAsBoolean()) {
                break;
            }
            done++;
            if (difference.isPresent()) {
                different++;
                main.terminal().out().println(LitmusText.of(difference.get(), "recorded-" + done, recording.fileSystem(),
                        recording.release()));
            }
        }
        main.terminal().out().printf("%,d of %,d programs recorded on Linux %s, %s: %s%n", done, recording.programs().size(),
                recording.release(), recording.fileSystem(), different == 0 ? "no difference" : different + " answered otherwise");
        return (different == 0 ? ExitStatus.AS_ASKED : ExitStatus.VIOLATION).code();
    }

    /// Programs of several threads.
    private int explore(FileSystemType type) {
        try {
            ThreadedConform conform = new ThreadedConform(type, folder, new KernelChoice("v6.18", List.of()), threads);
            long start = Budget.now();
            conform.run(seed, programs, stop(start), done -> progress(done, conform.differences().size(), Budget.now() - start));
            main.terminal().clearProgress();
            print(conform, Budget.now() - start);
            return (conform.differences().isEmpty() ? ExitStatus.AS_ASKED : ExitStatus.VIOLATION).code();
        } catch (HostUnavailable problem) {
            return refuse(Objects.requireNonNullElse(problem.getMessage(), "the host cannot run programs"));
        }
    }

    private void print(ThreadedConform conform, long millis) {
        conform.differences().forEach(difference -> main.terminal().out().println(difference.text()));
        if (!quiet) {
            main.terminal().out().println("calls: " + String.join(", ",
                    conform.calls().entrySet().stream().map(ConformCommand::counted).toList()));
        }
        main.terminal().out().printf("%,d programs of %d threads on %s, %,d a minute, %,d rounds: %,d outcomes observed of %,d allowed; "
                + "%,d programs not explored to the end: %s%n", conform.programs(), threads, fileSystem,
                conform.programs() * 60_000 / Math.max(1, millis), conform.rounds(), conform.observed(), conform.allowed(),
                conform.unexplored(), conform.differences().isEmpty() ? "all within the model"
                        : conform.differences().size() + " differences");
    }

    private BooleanSupplier stop(long start) {
        long limit = time.isZero() ? Long.MAX_VALUE : time.toMillis();
        return () -> main.interrupted().get() || Budget.now() - start > limit;
    }

    private int refuse(String reason) {
        main.terminal().message("faultline conform: " + reason);
        return ExitStatus.USAGE.code();
    }

    private Optional<String> refusal() {
        if (!ModelSide.fileSystems().contains(fileSystem)) {
            return Optional.of("no programs can be compared on '" + fileSystem + "'; there is "
                    + String.join(", ", ModelSide.fileSystems()));
        }
        if (folder.isPresent() && !Files.isDirectory(folder.get())) {
            return Optional.of(folder.get() + " is no folder");
        }
        if (threads < 1 || threads > 2) {
            return Optional.of("--threads is 1 or 2");
        }
        if (record.isPresent() && (threads > 1 || against.isPresent())) {
            return Optional.of("--record takes programs of one thread, as they run on this Linux");
        }
        if (record.map(Path::toAbsolutePath).map(Path::getParent).filter(parent -> !Files.isDirectory(parent)).isPresent()) {
            return Optional.of("there is no folder for " + record.get());
        }
        return programs < 1 ? Optional.of("--programs must be at least 1") : Optional.empty();
    }

    private ExitStatus compare(Conform conform, String place, Functions.Count count) throws HostUnavailable {
        long start = Budget.now();
        conform.run(seed, programs, stop(start), done -> progress(done, conform.differences().size(), Budget.now() - start));
        main.terminal().clearProgress();
        long millis = Budget.now() - start;
        if (!quiet) {
            coverage(conform, count.end());
        }
        print(conform, place, millis);
        return conform.differences().isEmpty() ? ExitStatus.AS_ASKED : ExitStatus.VIOLATION;
    }

    private void progress(long done, int different, long millis) {
        if (!quiet && main.terminal().isInteractive() && millis - shown > SHOW_EVERY_MILLIS) {
            shown = millis;
            main.terminal().progress(String.format("conform: %,d of %,d programs, %,d a minute, %d sorts of difference",
                    done, programs, done * 60_000 / Math.max(1, millis), different));
        }
    }

    private void print(Conform conform, String place, long millis) {
        int number = 0;
        for (Difference difference : conform.differences()) {
            main.terminal().out().printf("// %s: %d of %d programs%n", difference.sort(), conform.occurrences(difference),
                    conform.programs());
            main.terminal().out().println(LitmusText.of(difference, "conform-" + seed + "-" + ++number, fileSystem,
                    System.getProperty("os.version")));
        }
        conform.cutOff().ifPresent(main.terminal().out()::println);
        main.terminal().out().printf("%,d programs on %s, %,d answers compared, %,d a minute: %s%n", conform.programs(),
                place, conform.compared(), conform.programs() * 60_000 / Math.max(1, millis),
                number == 0 ? "no unexplained difference" : number + " sorts of difference");
    }

    private void coverage(Conform conform, Optional<Functions> functions) {
        conform.coverage().byCall().forEach((call, outcomes) -> main.terminal().out().printf("%-16s %s%n", call,
                String.join(", ", outcomes.entrySet().stream().map(ConformCommand::counted).toList())));
        conform.coverage().byFlag().forEach((call, flags) -> main.terminal().out().printf("flags of %-7s %s%n", call,
                String.join(", ", flags.entrySet().stream().map(ConformCommand::counted).toList())));
        functions.ifPresent(counted -> {
            main.terminal().out().println("functions reached: " + String.join(", ", counted.byFolder()));
            main.terminal().out().println("functions never reached: " + String.join(", ", counted.never()));
        });
        for (Map.Entry<String, Long> rule : conform.explained().entrySet()) {
            main.terminal().out().printf("explained by %s: %,d%n", rule.getKey(), rule.getValue());
        }
        List<String> never = conform.neverMade();
        if (!never.isEmpty()) {
            main.terminal().out().println("never made: " + String.join(", ", never));
        }
    }

    private static String counted(Map.Entry<String, Long> outcome) {
        return outcome.getKey() + " " + String.format("%,d", outcome.getValue());
    }
}
