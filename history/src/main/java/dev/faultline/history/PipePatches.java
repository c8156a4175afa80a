package dev.faultline.history;

import dev.faultline.kernel.fs.PipeSlots;

/// Changes of pipes and of what moves pages through them.
final class PipePatches {
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
}
