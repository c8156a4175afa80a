package dev.faultline.cli;

/// The exit statuses of the command. Of several, the higher one counts, save that a usage error or an
/// unreadable file outranks what is merely incomplete.
enum ExitStatus {
    /// As asked, or as the file's matching `expect` line says.
    AS_ASKED(0),
    /// A budget ran out first.
    INCOMPLETE(3),
    /// A violation, or not as expected.
    VIOLATION(1),
    /// A usage error, or a file that cannot be used.
    USAGE(2);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    ExitStatus worse(ExitStatus other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
