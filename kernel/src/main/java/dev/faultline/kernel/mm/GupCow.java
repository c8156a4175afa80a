package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;

/// Whether get_user_pages makes a page of a private mapping the program's own before it is read.
public enum GupCow {
    /// No; only a pin does.
    NO,
    /// Always, as if the page were to be written. Here for memory only that the program may write.
    FORCED;

    /// The seam at which the other form plugs in.
    public static final Part<GupCow> PART = new Part<>("mm.GupCow", GupCow.class);
}
