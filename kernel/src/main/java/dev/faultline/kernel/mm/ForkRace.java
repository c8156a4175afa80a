package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;

/// Whether pinning without locks looks out for a fork that write-protects the same pages meanwhile.
public enum ForkRace {
    /// Pins that a fork may have missed are given back, and taken under `mmap_lock`.
    CHECKED,
    /// A fork that looked at the page before it was pinned shares it with the child.
    IGNORED;

    /// The seam at which the other form plugs in.
    public static final Part<ForkRace> PART = new Part<>("mm.ForkRace", ForkRace.class);
}
