package dev.faultline.bench.peers;

/// What a tool says of a program.
enum Verdict {
    /// All was seen, and nothing is wrong.
    HOLDS,
    /// Some task waits for ever, for a lock or to be woken.
    DEADLOCK,
    /// Tasks go round for ever.
    LIVELOCK,
    /// Not all was seen, and the tool says so.
    INCOMPLETE,
    /// Nothing was found in as much as the tool looks at; it does not claim to have seen all.
    PASSED,
    /// Time was up.
    CAPPED,
    /// Anything else.
    OTHER;

    /// {@return the word in the table}
    String word() {
        return switch (this) {
            case HOLDS -> "holds";
            case DEADLOCK -> "deadlock";
            case LIVELOCK -> "livelock";
            case INCOMPLETE -> "incomplete";
            case PASSED -> "nothing found";
            case CAPPED -> "time was up";
            case OTHER -> "other";
        };
    }

    /// {@return whether this is the right answer where `truth` is, in a word}
    String rightness(Verdict truth) {
        return switch (this) {
            case PASSED -> truth == HOLDS ? "not proved" : truth == INCOMPLETE ? "yes" : "silent";
            case CAPPED -> "–";
            case HOLDS, DEADLOCK, LIVELOCK, INCOMPLETE, OTHER -> this == truth ? "yes" : this == HOLDS ? "silent" : "no";
        };
    }
}
