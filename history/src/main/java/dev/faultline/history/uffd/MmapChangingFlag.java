package dev.faultline.history.uffd;

import dev.faultline.kernel.uffd.MmapChanging;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;

/// From v4.18 to v5.14: a flag, which the first event that is read clears for all that are not.
public final class MmapChangingFlag extends MmapChanging {
    /// No change so far.
    public MmapChangingFlag(Machine machine, String of) {
        super(machine, of);
    }

    @Override
    protected void begin() {
        announce();
    }

    /// As with additions, it does not matter which of several changes comes first.
    @Override
    protected void announce() {
        count().touch(Access.ADD);
        count().poke(1);
    }

    @Override
    protected void end() {
        count().write(0);
    }
}
