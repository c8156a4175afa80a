package dev.faultline.kernel.mm;

/// How get_user_pages holds a page for its caller.
public enum FolioHold {
    /// Not at all: somebody else keeps the page.
    NOTHING(0),
    /// An ordinary reference (`FOLL_GET`).
    REFERENCE(1),
    /// A pin (`FOLL_PIN`): as many references as hardly anybody else takes, so that fork can tell.
    PIN(1024);

    private final int references;

    FolioHold(int references) {
        this.references = references;
    }

    /// {@return how many references it takes of the page: one of a huge page, whose pins are counted for themselves}
    int references(Folio folio) {
        return folio.isLarge() ? Math.min(references, 1) : references;
    }

    /// Gives the page back. One step; none for the page of zeroes, which is never pinned.
    public void release(Folio folio) {
        if (this == REFERENCE || this == PIN && !folio.isZeroPage()) {
            folio.release(this, 1);
        }
    }
}
