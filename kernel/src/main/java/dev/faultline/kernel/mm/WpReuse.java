package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;

/// What has to be so that a program writes to an anonymous page in place which it shared once.
public enum WpReuse {
    /// There is no reference but that of its entry.
    REFERENCED_ONCE,
    /// No other entry maps it: whoever has it otherwise sees what is written.
    MAPPED_ONCE;

    /// The seam at which the other form plugs in.
    public static final Part<WpReuse> PART = new Part<>("mm.WpReuse", WpReuse.class);
}
