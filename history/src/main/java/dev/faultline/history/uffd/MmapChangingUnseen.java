package dev.faultline.history.uffd;

import dev.faultline.kernel.uffd.MmapChanging;
import dev.faultline.machine.task.Machine;

/// Up to v4.17: pages are filled in while areas change.
public final class MmapChangingUnseen extends MmapChanging {
    /// No change so far.
    public MmapChangingUnseen(Machine machine, String of) {
        super(machine, of);
    }

    @Override
    protected void begin() {
        // nobody looks
    }

    @Override
    protected void end() {
        // nobody looks
    }

    @Override
    protected boolean inProgress() {
        return false;
    }
}
