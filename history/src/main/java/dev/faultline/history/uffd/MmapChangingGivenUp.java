package dev.faultline.history.uffd;

import dev.faultline.kernel.uffd.MmapChanging;
import dev.faultline.machine.task.Machine;

/// A change that has failed is over.
public final class MmapChangingGivenUp extends MmapChanging {
    /// No change so far.
    public MmapChangingGivenUp(Machine machine, String of) {
        super(machine, of);
    }

    @Override
    protected void giveUp() {
        end();
    }
}
