package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Part;

/// What a slot of a pipe's ring still has of its earlier use when a page of a file is put into it.
public enum PipeSlots {
    /// Nothing.
    CLEAN,
    /// The flags: after a write they say that the page may be written to.
    FLAGS_LEFT;

    /// The seam at which the other form plugs in.
    public static final Part<PipeSlots> PART = new Part<>("fs.PipeSlots", PipeSlots.class);
}
