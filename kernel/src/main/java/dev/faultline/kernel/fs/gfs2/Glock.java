package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// A node's part of the cluster lock of an inode: fs/gfs2/glock.c, fs/gfs2/glops.c.
///
/// Claims queue in order. Those that the state of the node covers, and that are compatible with the claims
/// granted before them, are granted together. What the node has, it keeps after the last claim is gone, until
/// another node asks.
///
/// The state changes in the task of the claim that needs it; a demand of another node is met by a worker of
/// the glock, once nobody holds it. While such a demand is pending no further claim is granted.
///
/// Linux stops with an assertion when a task that is on the queue claims the same glock again, compatible or
/// not. Here such a claim is never granted: the task waits for itself.
public class Glock extends SharedObject {
    /// The seam at which other forms plug in.
    public static final Part<Factory> PART = new Part<>("fs.gfs2.Glock", Factory.class);

    /// Makes glocks.
    public interface Factory {
        /// {@return the glock of an inode on one node}
        Glock create(Machine machine, String inode, Dlm dlm);
    }

    private final Dlm dlm;
    private final String inode;
    private final List<GlockHolder> queue = new ArrayList<>(4);
    private LockState state = LockState.UNLOCKED;
    private boolean busy;
    private boolean demoteRequested;
    private LockState demoteTo = LockState.UNLOCKED;
    private boolean instantiateNeeded = true;

    /// A glock that the node does not hold.
    public Glock(Machine machine, String inode, Dlm dlm) {
        super(machine, "glock", inode);
        this.inode = inode;
        this.dlm = dlm;
    }

    /// Starts the worker that gives the glock up when another node asks. Before anything runs.
    void startWorker(AddressSpace mapping, String node) {
        machine().spawnDaemon("glock worker of " + inode + " on " + node, () -> work(mapping));
    }

    // ---- claims ----

    /// Claims the glock and waits until the claim is granted.
    ///
    /// @return the claim, to be given up by [#dq]
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_nq")
    public GlockHolder nq(LockState wanted, Gfs2Inode owner) {
        GlockHolder holder = new GlockHolder(this, machine().current(), wanted);
        enqueue(holder);
        awaitGrant(holder, owner);
        return holder;
    }

    private void enqueue(GlockHolder holder) {
        machine().step(this, Access.WRITE, -1);
        queue.add(holder);
        holder.setQueued(true);
        promote();
        changed();
    }

    /// Waits for the grant; changes the state of the node where that is what the claim waits for.
    private void awaitGrant(GlockHolder holder, Gfs2Inode owner) {
        RetryLoop loop = machine().retryLoop("gfs2_glock_wait");
        while (!holder.isGranted()) {
            machine().await(this, Access.WRITE, -1, () -> holder.isGranted() || needsStateChange(holder));
            if (!holder.isGranted()) {
                busy = true;
                changed();
                doXmote(holder.state(), owner.mapping());
                machine().step(this, Access.WRITE, -1);
                state = holder.state();
                busy = false;
                promote();
                changed();
                loop.again();
            }
        }
        instantiate(owner);
    }

    private boolean needsStateChange(GlockHolder holder) {
        return !busy && !demoteRequested && queue.getFirst() == holder && !state.covers(holder.state());
    }

    /// Gives a claim up. One step.
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_dq")
    public void dq(GlockHolder holder) {
        machine().step(this, Access.WRITE, -1);
        remove(holder);
        promote();
        changed();
    }

    /// Takes a claim off the queue. Within a step.
    protected final void remove(GlockHolder holder) {
        queue.remove(holder);
        holder.setQueued(false);
        holder.setGranted(false);
    }

    /// Grants what can be granted, from the head of the queue on. Within a step.
    @Models(file = "fs/gfs2/glock.c", symbol = "do_promote")
    protected void promote() {
        if (busy || demoteRequested) {
            return;
        }
        for (GlockHolder holder : List.copyOf(queue)) {
            if (!holder.isGranted()) {
                if (!mayGrant(holder)) {
                    return;
                }
                holder.setGranted(true);
            }
        }
    }

    /// {@return whether the state of the node, and the claims granted already, permit this one}
    @Models(file = "fs/gfs2/glock.c", symbol = "may_grant")
    protected boolean mayGrant(GlockHolder holder) {
        for (GlockHolder other : queue) {
            boolean incompatible = other.isGranted() && !other.state().isCompatibleWith(holder.state());
            if (incompatible || other != holder && other.task() == holder.task() && isInTheWay(other)) {
                return false;
            }
        }
        return state.covers(holder.state());
    }

    /// {@return whether a claim keeps its own task from claiming the glock again} Within a step.
    protected boolean isInTheWay(GlockHolder holder) {
        return true;
    }

    /// {@return the claims, in order} For forms of this lock, within a step.
    protected final List<GlockHolder> queue() {
        return queue;
    }

    /// Re-reads what may have changed while the node did not hold the glock. The caller's claim is granted.
    @Models(file = "fs/gfs2/glops.c", symbol = "inode_go_instantiate")
    private void instantiate(Gfs2Inode owner) {
        if (instantiateNeeded) {
            instantiateNeeded = false;
            changed();
            if (owner.mapping().iSize().peek() != owner.onDisk().sizeBytes()) {
                owner.mapping().iSize().write(owner.onDisk().sizeBytes());
            }
        }
    }

    // ---- state changes ----

    /// Changes the state of the node: writes back and drops what it will not be allowed to keep, and asks the
    /// cluster. The caller has marked the glock busy.
    @Models(file = "fs/gfs2/glock.c", symbol = "do_xmote")
    private void doXmote(LockState target, AddressSpace mapping) {
        leave(target, mapping);
        if (target == LockState.UNLOCKED) {
            dlm.convertDown(this, target);
        } else if (!dlm.tryConvert(this, target)) {
            // Others are in the way. What this node has is given up before it waits, as two nodes that each
            // want more of what both have would wait for each other.
            if (state != LockState.UNLOCKED) {
                leave(LockState.UNLOCKED, mapping);
                dlm.convertDown(this, LockState.UNLOCKED);
                state = LockState.UNLOCKED;
            }
            dlm.callBack(this, target);
            dlm.convert(this, target);
        }
    }

    private void leave(LockState target, AddressSpace mapping) {
        if (state == LockState.EXCLUSIVE) {
            goSync(mapping);
        }
        if (state != LockState.UNLOCKED && (target == LockState.UNLOCKED || target == LockState.DEFERRED)) {
            goInval(mapping);
        }
    }

    @Models(file = "fs/gfs2/glops.c", symbol = "inode_go_sync")
    private static void goSync(AddressSpace mapping) {
        Writeback.writeAndWaitRange(mapping, 0, Long.MAX_VALUE);
    }

    @Models(file = "fs/gfs2/glops.c", symbol = "inode_go_inval")
    private void goInval(AddressSpace mapping) {
        Truncate.truncatePagecache(mapping, 0);
        instantiateNeeded = true;
    }

    /// Another node wants the lock in `wanted`. One step.
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_cb")
    void callback(LockState wanted) {
        machine().step(this, Access.WRITE, -1);
        LockState target = wanted == LockState.EXCLUSIVE ? LockState.UNLOCKED : wanted;
        demoteTo = demoteRequested && demoteTo != target ? LockState.UNLOCKED : target;
        demoteRequested = true;
        changed();
    }

    /// The worker: meets demands of other nodes, for ever.
    @Models(file = "fs/gfs2/glock.c", symbol = "glock_work_func")
    private void work(AddressSpace mapping) {
        for (;;) {
            machine().await(this, Access.WRITE, -1, () -> demoteRequested && !busy && mayDemote());
            aboutToDemote();
            if (state == LockState.UNLOCKED || state == demoteTo) {
                demoted(state);
                continue;
            }
            busy = true;
            changed();
            LockState target = demoteTo;
            leave(target, mapping);
            dlm.convertDown(this, target);
            machine().step(this, Access.WRITE, -1);
            busy = false;
            demoted(target);
        }
    }

    private void demoted(LockState now) {
        state = now;
        demoteRequested = false;
        promote();
        changed();
    }

    /// {@return whether nobody holds the glock} Within a step.
    protected boolean mayDemote() {
        return grantedTasks().isEmpty();
    }

    /// Called within the step in which a demand of another node starts to be met.
    protected void aboutToDemote() {}

    // ---- looking at it ----

    /// {@return the tasks whose claims are granted}
    protected final List<Task> grantedTasks() {
        List<Task> tasks = new ArrayList<>();
        for (GlockHolder holder : queue) {
            if (holder.isGranted()) {
                tasks.add(holder.task());
            }
        }
        return tasks;
    }

    /// {@return whether nobody holds or claims it}
    boolean isIdle() {
        return queue.isEmpty() && !busy;
    }

    @Override
    public List<Task> holders() {
        return grantedTasks();
    }

    @Override
    protected long stateHash() {
        long hash = state.ordinal() + (busy ? 8 : 0) + (demoteRequested ? 16 + demoteTo.ordinal() * 32L : 0)
                + (instantiateNeeded ? 0 : 256);
        for (GlockHolder holder : queue) {
            hash = hash * 31 + holder.task().stableName() + holder.state().ordinal() * 7L + (holder.isGranted() ? 3 : 0);
        }
        return hash;
    }
}
