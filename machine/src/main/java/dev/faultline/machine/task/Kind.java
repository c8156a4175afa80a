package dev.faultline.machine.task;

/// The kinds of violation, in the order in which a verdict names them.
public enum Kind {
    DEADLOCK("deadlock"),
    LIVELOCK("livelock"),
    CORRUPTION("corruption"),
    USE_AFTER_FREE("use-after-free"),
    LEAK("leak"),
    LOST_ERROR("lost-error"),
    BAD_RESULT("bad-result"),
    BUG("bug"),
    WARNING("warning");

    private final String word;

    Kind(String word) {
        this.word = word;
    }

    /// {@return the word that verdicts and `expect` lines use}
    public String word() {
        return word;
    }
}
