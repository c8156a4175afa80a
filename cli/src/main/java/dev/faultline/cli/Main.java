package dev.faultline.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// The command itself; its subcommands are classes of this package.
@Command(name = "faultline", version = "faultline " + Main.VERSION, mixinStandardHelpOptions = true,
        description = "Explores every interleaving of a small program on a model of Linux.",
        subcommands = {CheckCommand.class, ZooCommand.class, ReplayCommand.class, ConformCommand.class, LiveCommand.class, ListCommands.KernelsCommand.class,
            ListCommands.PatchesCommand.class, ListCommands.SyscallsCommand.class})
public final class Main implements Runnable {
    static final String VERSION = "0.1.0";

    private final Terminal terminal;
    private final AtomicBoolean interrupted = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);

    /// The command of this process.
    public Main() {
        this(Terminal.ofProcess());
    }

    Main(Terminal terminal) {
        this.terminal = terminal;
    }

    /// Runs the command that `args` name, and exits with its status.
    public static void main(String[] args) {
        Main main = new Main();
        Runtime.getRuntime().addShutdownHook(new Thread(main::interruptedByUser));
        int status = main.run(args);
        main.ended.countDown();
        System.exit(status);
    }

    /// Ctrl-C: lets the running check print what it knows so far, for a moment.
    private void interruptedByUser() {
        interrupted.set(true);
        try {
            if (!ended.await(2, TimeUnit.SECONDS)) {
                terminal.message("faultline: interrupted");
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }

    /// Runs the command that `args` name.
    ///
    /// @return its exit status
    int run(String... args) {
        CommandLine commandLine = new CommandLine(this);
        commandLine.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
        commandLine.setParameterExceptionHandler((wrong, given) -> usageError(wrong));
        commandLine.setUnmatchedOptionsArePositionalParams(false);
        return commandLine.execute(args);
    }

    private int usageError(ParameterException wrong) {
        List<String> notYet = List.of("--html", "--perfetto", "--sarif", "--checkpoint", "--resume");
        String message = Objects.requireNonNullElse(wrong.getMessage(), "cannot make sense of the arguments");
        String absent = notYet.stream().filter(name -> message.contains("'" + name)).findFirst().orElse("");
        terminal.message("faultline: " + (absent.isEmpty() ? message : absent + " is not there yet"));
        return ExitStatus.USAGE.code();
    }

    /// Without a subcommand: says how the command is used.
    @Override
    public void run() {
        new CommandLine(this).usage(terminal.out());
    }

    Terminal terminal() {
        return terminal;
    }

    AtomicBoolean interrupted() {
        return interrupted;
    }

    /// {@return the folder of the zoo: in the checkout that the launcher stands in, or here}
    static Path zoo() {
        return Path.of(System.getProperty("faultline.home", ".")).resolve("zoo");
    }
}
