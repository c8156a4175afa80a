package dev.faultline.live.conform;

import java.util.List;

/// What the threads of a program find, in the terms of a litmus test.
///
/// @param machine  the description but for the file system, which is mounted on `/mnt`
/// @param globals  declarations
/// @param init     statements
/// @param look     statements for when all threads have ended
/// @param observed the locals of `look` that are part of the outcome
public record Scene(String machine, String globals, String init, String look, List<String> observed) {
    /// The same locals for ever.
    public Scene {
        observed = List.copyOf(observed);
    }
}
