package dev.faultline.cli;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.LitmusProgram;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.machine.task.NotModelled;
import dev.faultline.report.Recording;
import dev.faultline.report.TextReport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `faultline replay`: one execution, step by step.
@Command(name = "replay", mixinStandardHelpOptions = true, description = "Shows one execution, step by step.")
final class ReplayCommand implements Callable<Integer> {
    @ParentCommand
    private Main main = new Main();

    @Mixin
    private KernelOptions kernel = new KernelOptions();

    @Parameters(paramLabel = "FILE", description = "A litmus file.")
    private Path file = Path.of("");

    @Option(names = "--schedule", required = true, paramLabel = "S", description = "As a counter-example prints it.")
    private String schedule = "";

    @Override
    public Integer call() {
        Optional<LitmusTest> test = Tests.load(file, main.terminal());
        if (test.isEmpty()) {
            return ExitStatus.USAGE.code();
        }
        try {
            LitmusProgram program = new LitmusProgram(test.get(), kernel.choice().parts());
            Recording recording =
                    Recording.of(program, Schedule.parse(schedule), ExploreOptions.DEFAULT.stepBound());
            main.terminal().out().print(TextReport.recording(recording, false));
            boolean fits = recording.drift().isEmpty();
            return (!fits ? ExitStatus.USAGE : recording.findings().isEmpty() ? ExitStatus.AS_ASKED
                    : ExitStatus.VIOLATION).code();
        } catch (UnknownKernelException | SetUpFailed | NotModelled | IllegalArgumentException wrong) {
            main.terminal().message("faultline replay: " + wrong.getMessage());
            return ExitStatus.USAGE.code();
        }
    }
}
