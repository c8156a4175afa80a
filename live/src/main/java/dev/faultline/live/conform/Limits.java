package dev.faultline.live.conform;

/// How long one program may take.
final class Limits {
    /// On each side. Programs take some milliseconds.
    static final long MOST_MILLIS = 30_000;

    /// A program that has taken so long and is cut off has met something.
    static final long SUSPICIOUS_MILLIS = 5_000;

    private static final String NO_END = "no end within ";

    private Limits() {}

    static String noEnd(long millis) {
        return NO_END + millis / 1000 + " s";
    }

    static boolean isNoEnd(String what) {
        return what.contains(NO_END);
    }
}
