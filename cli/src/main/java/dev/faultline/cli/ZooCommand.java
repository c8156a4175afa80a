package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `faultline zoo`: every test of the zoo on every kernel that it has an expectation for.
@Command(name = "zoo", mixinStandardHelpOptions = true,
        description = "Runs the bugs of the past, and their fixes, against their expectations.")
final class ZooCommand implements Callable<Integer> {
    @ParentCommand
    private Main main = new Main();

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Tests whose file or folder has this in its name.")
    private List<String> names = List.of();

    @Option(names = "--time", paramLabel = "D", defaultValue = "0", description = "How long each check may take.",
            converter = DurationConverter.class)
    private Duration time = Duration.ZERO;

    @Option(names = "--json", description = "Print one JSON document instead of the table.")
    private boolean json;

    @Option(names = "--quiet", description = "Print only what is not as expected, and the total.")
    private boolean quiet;

    private final List<TestResult> results = new ArrayList<>();
    private int asExpected;
    private int notAsExpected;

    @Override
    public Integer call() {
        long start = Budget.now();
        List<Path> files = files();
        if (files.isEmpty()) {
            main.terminal().message("faultline zoo: no test in " + Main.zoo() + (names.isEmpty() ? "" : " is called "
                    + String.join(" or ", names)));
            return ExitStatus.USAGE.code();
        }
        ExitStatus status = ExitStatus.AS_ASKED;
        header();
        for (Path file : files) {
            Optional<LitmusTest> test = Tests.load(file, main.terminal());
            status = status.worse(test.map(this::runAll).orElse(ExitStatus.USAGE));
            if (main.interrupted().get()) {
                break;
            }
        }
        footer(Budget.now() - start);
        return status.code();
    }

    private List<Path> files() {
        try {
            return Tests.files(List.of(Main.zoo())).stream()
                    .filter(path -> names.isEmpty() || names.stream().anyMatch(
                            name -> Main.zoo().relativize(path).toString().contains(name)))
                    .toList();
        } catch (IOException unreadable) {
            main.terminal().message("faultline zoo: cannot read " + Main.zoo() + ": " + unreadable.getMessage());
            return List.of();
        }
    }

    private void header() {
        if (!json && !quiet) {
            row("test", "kernel", "expected", "got", "executions", "ms", "");
        }
    }

    private ExitStatus runAll(LitmusTest test) {
        ExitStatus status = ExitStatus.AS_ASKED;
        for (Expectation expectation : test.expectations()) {
            if (!main.interrupted().get()) {
                status = status.worse(run(test, expectation));
            }
        }
        return status;
    }

    private ExitStatus run(LitmusTest test, Expectation expectation) {
        try {
            KernelChoice kernel = KernelChoice.of(expectation);
            Budget budget = new Budget(main.terminal(), main.interrupted(), time, quiet);
            CheckOptions options = new CheckOptions(StrategyChoice.DPOR,
                    budget.within(ExploreOptions.DEFAULT, test.name() + " on " + kernel));
            return judge(expectation, Check.run(test.as(expectation), kernel, options, Budget::now));
        } catch (UnknownKernelException | SetUpFailed | NotModelled failed) {
            String place = test.source().name() + ":" + expectation.span() + ": error: ";
            main.terminal().message(place + failed.getMessage());
            notAsExpected++;
            return ExitStatus.USAGE;
        }
    }

    private ExitStatus judge(Expectation expectation, TestResult result) {
        results.add(result);
        main.terminal().clearProgress();
        boolean met = expectation.verdict().toString().equals(result.verdict());
        asExpected += met ? 1 : 0;
        notAsExpected += met ? 0 : 1;
        if (!json && (!quiet || !met)) {
            String on = expectation.architecture().map(architecture -> " on " + architecture).orElse("");
            row(result.test().name(), result.kernel() + on, expectation.verdict().toString(), result.verdict(),
                    Long.toString(result.exploration().executions()), Long.toString(result.elapsedMillis()),
                    met ? "ok" : "FAILED");
        }
        return met ? ExitStatus.AS_ASKED : ExitStatus.VIOLATION;
    }

    private void row(String test, String kernel, String expected, String got, String executions, String millis,
            String mark) {
        main.terminal().out().println(String.format("%-45s %-28s %-10s %-10s %10s %7s  %s",
                test, kernel, expected, got, executions, millis, mark).stripTrailing());
    }

    private void footer(long millis) {
        if (json) {
            main.terminal().out().println(JsonReport.of(Main.VERSION, results));
            return;
        }
        main.terminal().out().println(String.format("%d as expected, %d not, in %.1f s", asExpected, notAsExpected,
                millis / 1000.0));
    }
}
