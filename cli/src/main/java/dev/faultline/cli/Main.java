package dev.faultline.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The command itself; its subcommands are classes of this package.
@Command(name = "faultline", version = "faultline 0.1.0", mixinStandardHelpOptions = true,
        description = "Explores every interleaving of a small program on a model of Linux.")
public final class Main implements Runnable {
    private final CommandLine commandLine = new CommandLine(this);

    /// Runs the command that `args` name, and exits with its status.
    public static void main(String[] args) {
        System.exit(new Main().commandLine.execute(args));
    }

    /// Without a subcommand: says how the command is used.
    @Override
    public void run() {
        commandLine.usage(System.out);
    }
}
