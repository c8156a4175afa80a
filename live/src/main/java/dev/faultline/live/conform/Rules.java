package dev.faultline.live.conform;

import java.util.List;

/// The known abstractions, by file system.
public final class Rules {
    private Rules() {}

    /// {@return the rules for programs on a file system of that type}
    public static List<Rule> of(String fileSystem) {
        return List.of();
    }
}
