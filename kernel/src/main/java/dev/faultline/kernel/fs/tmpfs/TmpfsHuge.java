package dev.faultline.kernel.fs.tmpfs;

/// When a mount keeps its files in huge pages (`huge=`).
public enum TmpfsHuge {
    /// Never.
    NEVER,
    /// Always, though the file be short.
    ALWAYS,
    /// Where all of it lies in the file, or the program has asked for it.
    WITHIN_SIZE,
    /// Where the program has asked for it with madvise(2).
    ADVISE
}
