package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.live.compare.Comparison;
import dev.faultline.live.compare.ComparisonText;
import dev.faultline.live.host.Ground;
import dev.faultline.live.host.Host;
import dev.faultline.live.host.HostUnavailable;
import dev.faultline.live.run.Histogram;
import dev.faultline.live.run.RunOptions;
import dev.faultline.live.run.Runner;
import dev.faultline.live.translate.Translator;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.machine.task.NotModelled;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `faultline live`: tests on this host's Linux.
@Command(name = "live", mixinStandardHelpOptions = true,
        description = "Runs tests on this Linux and holds what comes out against what the model allows.")
final class LiveCommand implements Callable<Integer> {
    @ParentCommand
    private Main main = new Main();

    @Mixin
    private KernelOptions kernel = new KernelOptions();

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Litmus files, and folders of them.")
    private List<Path> paths = List.of();

    @Option(names = "--emit-c", description = "Print each test as one C program, and run nothing.")
    private boolean emitC;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "100000",
            description = "How often each test is run, at most. Default: ${DEFAULT-VALUE}.")
    private long rounds = 100_000;

    @Option(names = "--time", paramLabel = "D", defaultValue = "10s", converter = DurationConverter.class,
            description = "How long each test is run, at most, and how long it is explored: 500ms, 30s, 5m, or seconds. Default: ${DEFAULT-VALUE}.")
    private Duration time = Duration.ZERO;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "What the random delays are made from. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--fs", paramLabel = "TYPE", description = "The file system for every mount that has no options. "
            + "Default: the one that the test names.")
    private Optional<String> fileSystem = Optional.empty();

    @Option(names = "--overlay", description = "Cover each file system by an overlay whose upper layer is on it. "
            + "Needs root. What is allowed is what the file system itself allows.")
    private boolean overlay;

    @Option(names = "--brief", description = "Do not print the schedules of outcomes that were never seen.")
    private boolean brief;

    @Override
    public Integer call() {
        if (rounds < 1 || time.isZero() || time.isNegative()) {
            main.terminal().message("faultline live: --rounds and --time must be more than nothing");
            return ExitStatus.USAGE.code();
        }
        KernelChoice choice;
        List<Path> files;
        try {
            choice = kernel.choice();
            files = Tests.files(paths);
        } catch (UnknownKernelException | IOException wrong) {
            main.terminal().message("faultline live: " + wrong.getMessage());
            return ExitStatus.USAGE.code();
        }
        ExitStatus status = ExitStatus.AS_ASKED;
        for (Path file : files) {
            if (main.interrupted().get()) {
                break;
            }
            Optional<LitmusTest> test = Tests.load(file, fileSystem, main.terminal());
            status = status.worse(test.map(loaded -> run(loaded, choice)).orElse(ExitStatus.USAGE));
        }
        return status.code();
    }

    private ExitStatus run(LitmusTest test, KernelChoice choice) {
        if (emitC) {
            main.terminal().out().print(Translator.translate(test).text());
            return ExitStatus.AS_ASKED;
        }
        Optional<String> refusal = Host.refusal(test);
        if (refusal.isPresent()) {
            return skip(test, refusal.get());
        }
        try (Ground ground = Host.prepare(test, overlay)) {
            TestResult model = explore(test, choice, StrategyChoice.DPOR);
            main.terminal().progress(test.name() + ": on this host, " + time.toSeconds() + " s at most");
            Histogram host = Runner.run(Translator.translate(test), ground,
                    new RunOptions(rounds, time, seed, main.interrupted()::get));
            main.terminal().clearProgress();
            Comparison comparison = Comparison.of(model, host);
            if (comparison.verdict() == Comparison.Verdict.UNKNOWN) { // few preemptions show most of what there is
                comparison = comparison.with(explore(test, choice, new StrategyChoice.Preemptions(Integer.MAX_VALUE)));
            }
            main.terminal().out().print(ComparisonText.of(comparison, where(ground), !brief));
            return switch (comparison.verdict()) {
                case WITHIN -> ExitStatus.AS_ASKED;
                case UNKNOWN -> ExitStatus.INCOMPLETE;
                case BROKEN -> ExitStatus.VIOLATION;
            };
        } catch (HostUnavailable lacking) {
            return skip(test, String.valueOf(lacking.getMessage()));
        } catch (NotModelled missing) {
            main.terminal().message(test.source().name() + ": error: " + missing.getMessage());
            return ExitStatus.USAGE;
        } catch (SetUpFailed failed) {
            main.terminal().message(test.source().name() + ": error: init: " + failed.getMessage()
                    + "; every call of init has to succeed");
            return ExitStatus.USAGE;
        }
    }

    private TestResult explore(LitmusTest test, KernelChoice choice, StrategyChoice strategy) throws SetUpFailed {
        Budget budget = new Budget(main.terminal(), main.interrupted(), time, false);
        return Check.run(test, choice, new CheckOptions(strategy,
                budget.within(ExploreOptions.DEFAULT.withMinimiseBudget(0), test.name())), Budget::now);
    }

    private static String where(Ground ground) {
        List<String> parts = new ArrayList<>(List.of(Host.kernel()));
        parts.addAll(ground.places());
        return String.join(", ", parts);
    }

    /// What this host cannot do is no failure.
    private ExitStatus skip(LitmusTest test, String reason) {
        main.terminal().out().println(test.name() + ": skipped: " + reason);
        return ExitStatus.AS_ASKED;
    }
}
