package dev.faultline.cli;

import java.io.PrintStream;

/// Where the command writes to. Results go to standard output, messages and progress to standard error.
final class Terminal {
    private final PrintStream out;
    private final PrintStream err;
    private final boolean interactive;
    private int progressLength;

    Terminal(PrintStream out, PrintStream err, boolean interactive) {
        this.out = out;
        this.err = err;
        this.interactive = interactive;
    }

    static Terminal ofProcess() {
        return new Terminal(System.out, System.err, System.console() != null && System.console().isTerminal());
    }

    PrintStream out() {
        return out;
    }

    /// Writes a message for the person at the terminal.
    void message(String text) {
        clearProgress();
        err.println(text);
    }

    boolean isInteractive() {
        return interactive;
    }

    /// Shows how far long work is, in place of what was shown before. Nothing on a pipe.
    void progress(String text) {
        if (interactive) {
            err.print('\r' + text + " ".repeat(Math.max(0, progressLength - text.length())));
            err.flush();
            progressLength = text.length();
        }
    }

    /// Takes the progress line away.
    void clearProgress() {
        if (progressLength > 0) {
            err.print('\r' + " ".repeat(progressLength) + '\r');
            err.flush();
            progressLength = 0;
        }
    }
}
