package dev.faultline.litmus.setup;

/// Where anonymous memory may be mapped by huge pages.
public enum HugePages {
    /// Nowhere, whatever the program says.
    NEVER,
    /// Where the program asks for it.
    MADVISE,
    /// Everywhere, but where the program says otherwise.
    ALWAYS
}
