package dev.faultline.cli;

import dev.faultline.history.Kernels;
import dev.faultline.history.Patch;
import dev.faultline.history.Release;
import dev.faultline.kernel.syscall.SystemCalls;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/// The commands that list what there is.
final class ListCommands {
    private ListCommands() {}

    /// `faultline kernels`.
    @Command(name = "kernels", mixinStandardHelpOptions = true,
            description = "Lists the releases between which something that is modelled changed.")
    static final class KernelsCommand implements Callable<Integer> {
        @ParentCommand
        private Main main = new Main();

        @Override
        public Integer call() {
            for (Release release : Kernels.releases()) {
                main.terminal().out().println(release + (release.equals(Release.TODAY) ? "  (today, the default)" : ""));
                for (Patch patch : Kernels.patches()) {
                    if (patch.release().filter(release::equals).isPresent()) {
                        main.terminal().out().println("    has " + patch.id() + ": " + patch.title());
                    }
                }
            }
            main.terminal().out().println("Any release in between is known as well, e.g. v5.15 or v6.1.");
            return ExitStatus.AS_ASKED.code();
        }
    }

    /// `faultline patches`.
    @Command(name = "patches", mixinStandardHelpOptions = true, description = "Lists the changes that are known.")
    static final class PatchesCommand implements Callable<Integer> {
        @ParentCommand
        private Main main = new Main();

        @Override
        public Integer call() {
            for (Patch patch : Kernels.patches()) {
                main.terminal().out().println(patch.id());
                main.terminal().out().println("    " + patch.title());
                main.terminal().out().println("    " + patch.release().map(release -> "in " + release)
                        .orElse("never merged in this form") + "; " + patch.date() + "; " + patch.reference());
            }
            return ExitStatus.AS_ASKED.code();
        }
    }

    /// `faultline syscalls`.
    @Command(name = "syscalls", mixinStandardHelpOptions = true, description = "Lists the system calls of the model.")
    static final class SyscallsCommand implements Callable<Integer> {
        @ParentCommand
        private Main main = new Main();

        @Override
        public Integer call() {
            SystemCalls.names().forEach(main.terminal().out()::println);
            return ExitStatus.AS_ASKED.code();
        }
    }
}
