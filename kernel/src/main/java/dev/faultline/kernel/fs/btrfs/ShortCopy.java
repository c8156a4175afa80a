package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.lib.Part;

/// What a buffered write does when the copy into a page that is not up to date ends early, so that none of it counts.
public enum ShortCopy {
    /// The copy is made again.
    TRIES_AGAIN,
    /// The page is read first, so that the next copy counts as far as it goes (`force_page_uptodate`).
    READS_THE_PAGE;

    /// The seam at which the other form plugs in; today's is [#TRIES_AGAIN].
    public static final Part<ShortCopy> PART = new Part<>("fs.btrfs.ShortCopy", ShortCopy.class);
}
