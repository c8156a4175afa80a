package dev.faultline.litmus.setup;

/// When a file system keeps its files in huge pages.
public enum HugeFiles {
    /// Never; also where nothing is said.
    NEVER,
    /// Always.
    ALWAYS,
    /// Where all of a huge page lies in the file, or the program asks for it.
    WITHIN_SIZE,
    /// Where the program asks for it.
    ADVISE
}
