package dev.faultline.history.fuse;

import dev.faultline.kernel.fs.fuse.FuseWrite;

/// Buffered writes up to v6.15: the source is faulted in before each page is locked, all of what is copied to the page or
/// nothing.
public final class FuseWriteV615 extends FuseWrite {
    private final Pages pages;

    /// What becomes of the pages of a request.
    public enum Pages {
        /// Those that are up to date are unlocked at once.
        UNLOCKED_EARLY,
        /// All stay locked until the server has answered: up to v5.12.
        KEPT_LOCKED
    }

    /// The form.
    public FuseWriteV615(Pages pages) {
        this.pages = pages;
    }

    @Override
    protected boolean faultsInFirst() {
        return true;
    }

    @Override
    protected boolean keepsLocked() {
        return pages == Pages.KEPT_LOCKED;
    }
}
