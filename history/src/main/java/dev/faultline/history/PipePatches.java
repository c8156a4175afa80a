package dev.faultline.history;

import dev.faultline.kernel.fs.PipeSlots;
import dev.faultline.kernel.iov.TakenBytes;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.GupCow;
import dev.faultline.kernel.mm.WpReuse;

/// Changes of pipes, of what moves pages through them, and of who may write to a page that is in one.
final class PipePatches {
    /// No pages are so many bytes less than none as the data would not start at the beginning of the first.
    private static final TakenBytes TAKEN_BYTES_V515 =
            (pages, offset, wanted) -> Math.min(wanted, (long) pages * Content.SIZE - offset);

    private PipePatches() {}

    /// Before, the sort of a buffer said whether data may be added to it, and nothing was left of an earlier one.
    static Patch mergeFlag() {
        return Patches.merged("pipe-merge-flag", "pipe: merge anon_pipe_buf*_ops", "v5.8-rc1", "2020-05", "f6dd975583bd",
                Change.fromToday(PipeSlots.PART, PipeSlots.FLAGS_LEFT));
    }

    static Patch slotFlags() {
        return Patches.merged("pipe-slot-flags", "lib/iov_iter: initialize \"flags\" in new pipe_buffer", "v5.17-rc6", "2022-02",
                "9d2231c5d74e, CVE-2022-0847",
                Change.toToday(PipeSlots.PART, PipeSlots.FLAGS_LEFT));
    }

    static Patch forcedCow() {
        return Patches.merged("gup-forced-cow", "gup: document and work around 'COW can break either way' issue", "v5.8-rc1",
                "2020-06", "17839856fd58, CVE-2020-29374",
                Change.fromToday(GupCow.PART, GupCow.FORCED));
    }

    static Patch reuseByReferences() {
        return Patches.merged("wp-page-count", "mm: do_wp_page() simplification", "v5.9-rc5", "2020-09",
                "09854ba94c6a a308c71bf1e6",
                Change.toToday(WpReuse.PART, WpReuse.MAPPED_ONCE),
                Change.toToday(GupCow.PART, GupCow.FORCED));
    }

    static Change<TakenBytes> getPages() {
        return Change.toToday(TakenBytes.PART, TAKEN_BYTES_V515);
    }

    static Patch getPagesResult() {
        return Patches.merged("iov-get-pages-result", "iov_iter: Fix iov_iter_get_pages{,_alloc} page fault return value",
                "v5.16-rc1", "2021-11", "814a66741b9f", getPages());
    }

    /// What if taking no pages still came to less than no bytes? Nobody could tell before pages were taken without faults.
    static Patch getPagesResultAgain() {
        return Patches.posted("get-pages-result-again", "(what if) no pages are less than no bytes", "2026-11",
                "an experiment, never posted",
                Change.fromToday(TakenBytes.PART, TAKEN_BYTES_V515));
    }
}
