package dev.faultline.live.conform;

import dev.faultline.live.compare.Comparison;

/// Both sides of a program of several threads.
///
/// @param seed       of the program that it was made from
/// @param program    what was run
/// @param litmus     the same as a litmus file
/// @param comparison its outcomes
/// @param table      the same as a text
/// @param wrong      what the model found wrong by itself, in words; nothing if all is well
public record ThreadedDifference(long seed, ThreadedProgram program, String litmus, Comparison comparison, String table,
        String wrong) {
    /// {@return whether the two sides differ, or the model fails}
    public boolean isDifferent() {
        return comparison.verdict() == Comparison.Verdict.BROKEN || !wrong.isEmpty();
    }

    /// {@return the litmus file, with what came out}
    public String text() {
        String found = wrong.isEmpty() ? "" : "// the model found: " + wrong + "\n";
        return found + "// " + table.strip().replace("\n", "\n// ") + "\n" + litmus;
    }
}
