package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.report.JsonReport;
import dev.faultline.report.TextReport;
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
    @ParentCommand
    private Main main = new Main();

    @Mixin
    private KernelOptions kernel = new KernelOptions();

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Litmus files.")
    private List<Path> files = List.of();

    @Option(names = "--strategy", paramLabel = "NAME", defaultValue = "dpor",
            description = "dpor (every interleaving, reduced; the default) or random.")
    private String strategy = "dpor";

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "For strategies that draw lots.")
    private long seed;

    @Option(names = "--time", paramLabel = "D", defaultValue = "0",
            description = "How long each test may take: 500ms, 30s, 5m, or seconds.", converter = DurationConverter.class)
    private Duration time = Duration.ZERO;

    @Option(names = "--executions", paramLabel = "N", description = "How many executions to look at.")
    private long executions = Long.MAX_VALUE;

    @Option(names = "--steps", paramLabel = "N", description = "How many steps an execution may have.")
    private long steps = ExploreOptions.DEFAULT.stepBound();

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Only 1 so far.")
    private int threads = 1;

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
        try {
            choice = kernel.choice();
        } catch (UnknownKernelException unknown) {
            main.terminal().message("faultline check: " + unknown.getMessage());
            return ExitStatus.USAGE.code();
        }
        List<TestResult> results = new ArrayList<>();
        ExitStatus status = ExitStatus.AS_ASKED;
        for (Path file : files) {
            Optional<LitmusTest> test = Tests.load(file, main.terminal());
            Optional<TestResult> result = test.flatMap(loaded -> check(loaded, choice));
            result.ifPresent(results::add);
            status = status.worse(result.map(CheckCommand::status).orElse(ExitStatus.USAGE));
        }
        if (json) {
            main.terminal().out().println(JsonReport.of(Main.VERSION, results));
        }
        return status.code();
    }

    private Optional<String> refusal() {
        if (!List.of("dpor", "random").contains(strategy)) {
            return Optional.of(List.of("pb", "pct", "pos", "replay").contains(strategy)
                    ? "strategy '" + strategy + "' is not there yet; there are dpor and random"
                    : "unknown strategy '" + strategy + "'; there are dpor and random");
        }
        if (threads != 1) {
            return Optional.of("--threads " + threads + ": exploring on several cores is not there yet; use --threads 1");
        }
        if (steps < 1 || executions < 1) {
            return Optional.of("--steps and --executions must be at least 1");
        }
        return Optional.empty();
    }

    private Optional<TestResult> check(LitmusTest test, KernelChoice choice) {
        Terminal terminal = main.terminal();
        ExploreOptions explore = ExploreOptions.DEFAULT.withStepBound(steps).withExecutionLimit(
                strategy.equals("random") && executions == Long.MAX_VALUE && time.isZero() ? 10_000 : executions);
        Budget budget = new Budget(terminal, main.interrupted(), time, quiet);
        CheckOptions options = new CheckOptions(strategy, seed, budget.within(explore, test.name()));
        try {
            TestResult result = Check.run(test, choice, options, Budget::now);
            terminal.clearProgress();
            print(result);
            return Optional.of(result);
        } catch (SetUpFailed failed) {
            terminal.message(test.source().name() + ": error: init: " + failed.getMessage()
                    + "; every call of init has to succeed");
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
        main.terminal().out().print(TextReport.counterExamples(result));
    }

    private static ExitStatus status(TestResult result) {
        Optional<Expectation> expected = result.test().expectations().stream()
                .filter(line -> line.architecture().isEmpty() && KernelChoice.of(line).equals(result.kernel()))
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
