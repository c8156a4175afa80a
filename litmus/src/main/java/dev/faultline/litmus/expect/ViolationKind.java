package dev.faultline.litmus.expect;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The kinds of violation that a verdict may name, in the order in which it names them.
public enum ViolationKind {
    DEADLOCK, LIVELOCK, CORRUPTION, USE_AFTER_FREE, LEAK, LOST_ERROR, BAD_RESULT, BUG, WARNING;

    /// {@return the kind as verdicts write it}
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// {@return the kind that verdicts write as `word`}
    public static Optional<ViolationKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }
}
