package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.gfs2.Dlm;
import dev.faultline.kernel.fs.gfs2.Glock;
import dev.faultline.kernel.fs.gfs2.GlockHolder;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// The glock from v5.16 to v6.1: a holder may let its claim be taken away (`HIF_MAY_DEMOTE`) while it faults
/// memory in. It is taken away when an incompatible claim, its own task's included, or another node wants the
/// glock.
public final class AutoDemotingGlock extends Glock {
    /// Guarded by the glock.
    private final List<GlockHolder> weak = new ArrayList<>(2);

    /// A glock that the node does not hold.
    public AutoDemotingGlock(Machine machine, String inode, Dlm dlm) {
        super(machine, inode, dlm);
    }

    /// Lets the claim be taken away from now on. One step.
    @Models(file = "fs/gfs2/glock.h", symbol = "gfs2_holder_allow_demote", release = "v5.16")
    void allowDemote(GlockHolder holder) {
        machine().step(this, Access.WRITE, CLAIMS, task -> SecondAccess.first(task, accessOf(holder)));
        weak.add(holder);
        promote();
        changed();
    }

    /// Ends what [#allowDemote] started. One step.
    ///
    /// @return whether the claim is still there
    @Models(file = "fs/gfs2/glock.h", symbol = "gfs2_holder_disallow_demote", release = "v5.16")
    boolean disallowDemote(GlockHolder holder) {
        machine().step(this, Access.WRITE, CLAIMS, task -> SecondAccess.first(task, accessOf(holder)));
        weak.remove(holder);
        changed();
        machine().current().learn(holder.isQueued() ? 1 : 0);
        return holder.isQueued();
    }

    private Access accessOf(GlockHolder holder) {
        return holder.isQueued() ? sharedAccess(holder.state()) : Access.WRITE;
    }

    @Override
    @Models(file = "fs/gfs2/glock.c", symbol = "demote_incompat_holders", release = "v5.16")
    protected boolean mayGrant(GlockHolder holder) {
        for (GlockHolder other : List.copyOf(queue())) {
            if (other.isGranted() && weak.contains(other) && !other.state().isCompatibleWith(holder.state())) {
                remove(other);
            }
        }
        return super.mayGrant(holder);
    }

    @Override
    protected boolean isInTheWay(GlockHolder holder) {
        return !weak.contains(holder);
    }

    @Override
    public boolean isGivenUpOnDemand(Task holder) {
        return weak.stream().anyMatch(claim -> claim.task() == holder);
    }

    @Override
    protected boolean mayDemote() {
        return queue().stream().noneMatch(holder -> holder.isGranted() && !weak.contains(holder));
    }

    @Override
    protected void aboutToDemote() {
        List.copyOf(weak).stream().filter(GlockHolder::isQueued).forEach(this::remove);
    }

    @Override
    protected long stateHash() {
        long hash = super.stateHash();
        for (GlockHolder holder : weak) {
            hash += Digest.mix(31, holder.task().stableName());
        }
        return hash;
    }
}
