package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.ScheduleMismatch;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.machine.task.NotModelled;
import dev.faultline.report.JsonReport;
import dev.faultline.report.TextReport;
import java.io.UncheckedIOException;
import java.io.IOException;
import java.nio.file.Files;
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

/// `faultline check`: explores tests and prints what came out.
@Command(name = "check", mixinStandardHelpOptions = true,
        description = "Explores tests; prints the verdict, and a counter-example where there is one.")
final class CheckCommand implements Callable<Integer> {
    private static final int MOST_THREADS = 64;

    @ParentCommand
    private Main main = new Main();

    @Mixin
    private KernelOptions kernel = new KernelOptions();

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Litmus files, and folders of them.")
    private List<Path> paths = List.of();

    @Mixin
    private StrategyOptions strategies = new StrategyOptions();

    @Option(names = "--time", paramLabel = "D", defaultValue = "0",
            description = "How long each test may take: 500ms, 30s, 5m, or seconds.", converter = DurationConverter.class)
    private Duration time = Duration.ZERO;

    @Option(names = "--executions", paramLabel = "N", description = "How many executions to look at.")
    private Optional<Long> executions = Optional.empty();

    @Option(names = "--steps", paramLabel = "N", description = "How many steps an execution may have.")
    private long steps = ExploreOptions.DEFAULT.stepBound();

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "How many threads explore, with strategy dpor. Default: ${DEFAULT-VALUE}.")
    private int threads = 1;

    @Option(names = "--checkpoint", paramLabel = "FILE",
            description = "Keep what is done in FILE, so that --resume can go on after Ctrl-C, a limit or a kill.")
    private Optional<Path> checkpoint = Optional.empty();

    @Option(names = "--checkpoint-every", paramLabel = "D", defaultValue = "10s",
            description = "How often; ${DEFAULT-VALUE} unless given.", converter = DurationConverter.class)
    private Duration checkpointEvery = Duration.ZERO;

    @Option(names = "--resume", paramLabel = "FILE",
            description = "Go on with what --checkpoint kept of this test on this kernel.")
    private Optional<Path> resume = Optional.empty();

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Option(names = "--quiet", description = "Print only the verdict, and no progress.")
    private boolean quiet;

    @Override
    public Integer call() {
        Optional<String> refused = refusal();
        if (refused.isPresent()) {
            main.terminal().message("faultline check: " + refused.get());
            return ExitStatus.USAGE.code();
        }
        KernelChoice choice;
        StrategyChoice strategy;
        List<Path> files;
        try {
            choice = kernel.choice();
            strategy = strategies.choice(isBudgeted());
            files = Tests.files(paths);
        } catch (UnknownKernelException | IllegalArgumentException | IOException wrong) {
            main.terminal().message("faultline check: " + wrong.getMessage());
            return ExitStatus.USAGE.code();
        }
        List<TestResult> results = new ArrayList<>();
        ExitStatus status = ExitStatus.AS_ASKED;
        for (Path file : files) {
            Optional<LitmusTest> test = Tests.load(file, main.terminal());
            Optional<TestResult> result = test.flatMap(loaded -> check(loaded, choice, strategy));
            result.ifPresent(results::add);
            status = status.worse(result.map(CheckCommand::status).orElse(ExitStatus.USAGE));
        }
        if (json) {
            main.terminal().out().println(JsonReport.of(Main.VERSION, results));
        }
        return status.code();
    }

    private Optional<String> refusal() {
        if (threads < 1 || threads > MOST_THREADS) {
            return Optional.of("--threads " + threads + ": expected 1 to " + MOST_THREADS);
        }
        if (threads > 1 && !strategies.isExhaustive()) {
            return Optional.of("--threads " + threads + ": only strategy dpor explores in several threads");
        }
        if ((checkpoint.isPresent() || resume.isPresent()) && (paths.size() > 1 || Files.isDirectory(paths.getFirst()) || !strategies.isExhaustive())) {
            return Optional.of("--checkpoint and --resume are for one file and strategy dpor");
        }
        if (steps < 1 || executions.orElse(1L) < 1) {
            return Optional.of("--steps and --executions must be at least 1");
        }
        return Optional.empty();
    }

    /// {@return whether the user set an end, other than that everything is seen}
    private boolean isBudgeted() {
        return executions.isPresent() || !time.isZero();
    }

    private Optional<TestResult> check(LitmusTest test, KernelChoice choice, StrategyChoice strategy) {
        Terminal terminal = main.terminal();
        ExploreOptions explore = strategies.within(ExploreOptions.DEFAULT.withStepBound(steps)
                .withExecutionLimit(executions.orElse(Long.MAX_VALUE)).withThreads(threads), isBudgeted());
        Budget budget = new Budget(terminal, main.interrupted(), time, quiet);
        String program = CheckpointFile.program(test, choice, steps);
        Optional<CheckpointFile> saver =
                checkpoint.map(file -> new CheckpointFile(file, program, checkpointEvery));
        try {
            CheckOptions options = new CheckOptions(strategy,
                    budget.within(saver.map(explore::withSaver).orElse(explore), test.name()),
                    resume.map(file -> CheckpointFile.read(file, program)));
            TestResult result = Check.run(test, choice, options, Budget::now);
            terminal.clearProgress();
            print(result);
            saver.map(file -> file.end(result.exploration().complete()))
                    .filter(text -> !text.isEmpty()).ifPresent(terminal::message);
            return Optional.of(result);
        } catch (IllegalArgumentException wrong) {
            terminal.message("faultline check: " + wrong.getMessage());
            return Optional.empty();
        } catch (UncheckedIOException unwritable) {
            terminal.message("faultline check: " + unwritable.getMessage());
            return Optional.empty();
        } catch (NotModelled missing) {
            terminal.message(test.source().name() + ": error: " + missing.getMessage());
            return Optional.empty();
        } catch (SetUpFailed failed) {
            terminal.message(test.source().name() + ": error: init: " + failed.getMessage()
                    + "; every call of init has to succeed");
            return Optional.empty();
        } catch (ScheduleMismatch mismatch) {
            terminal.message(test.source().name() + ": error: " + mismatch.getMessage());
            return Optional.empty();
        }
    }

    private void print(TestResult result) {
        if (json) {
            return;
        }
        if (quiet) {
            main.terminal().out().println(result.test().name() + ": " + result.verdict());
            return;
        }
        main.terminal().out().print(TextReport.verdict(result));
        main.terminal().out().print(TextReport.warnings(result));
        main.terminal().out().print(TextReport.counterExamples(result));
    }

    private static ExitStatus status(TestResult result) {
        Optional<Expectation> expected = result.test().expectations().stream()
                .filter(line -> line.architecture().map(result.test().machine().architecture()::equals).orElse(true)
                        && KernelChoice.of(line).equals(result.kernel()))
                .findFirst();
        if (expected.isPresent()) {
            boolean met = expected.get().verdict().toString().equals(result.verdict());
            return met ? ExitStatus.AS_ASKED
                    : result.verdict().equals("incomplete") ? ExitStatus.INCOMPLETE : ExitStatus.VIOLATION;
        }
        return switch (result.verdict()) {
            case "holds" -> ExitStatus.AS_ASKED;
            case "incomplete" -> ExitStatus.INCOMPLETE;
            default -> ExitStatus.VIOLATION;
        };
    }
}
