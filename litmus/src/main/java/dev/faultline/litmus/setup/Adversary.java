package dev.faultline.litmus.setup;

/// A kernel thread that may act at any point, `most` times in all.
public record Adversary(Kind kind, int most) {
    /// What it does.
    public enum Kind {
        /// Evicts a page.
        RECLAIM,
        /// Writes a page back.
        WRITEBACK,
        /// Moves a page to another frame.
        MIGRATE,
        /// Makes a huge page of small ones.
        KHUGEPAGED
    }
}
