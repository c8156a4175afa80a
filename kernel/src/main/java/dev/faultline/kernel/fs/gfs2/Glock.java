package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A node's part of the cluster lock of an inode: fs/gfs2/glock.c, fs/gfs2/glops.c.
///
/// Claims queue in order. Those that the state of the node covers, and that are compatible with the claims
/// granted before them, are granted together. What the node has, it keeps after the last claim is gone, until
/// another node asks.
///
/// The state changes in the task of the claim that needs it; a demand of another node is met by a worker of
/// the glock, once it is due and nobody holds the glock. From then on no further claim is granted before.
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

    /// The part of the lock that says who holds and claims it, and in which state the node has it.
    protected static final long CLAIMS = 1;

    /// The part that says what other nodes demand. Until a demand is due it concerns nobody here.
    private static final long DEMANDS = 2;

    private static final long ALL = CLAIMS | DEMANDS;

    private final Dlm dlm;
    private final String inode;
    private final List<GlockHolder> queue = new ArrayList<>(4);
    private LockState state = LockState.UNLOCKED;

    /// The task that changes the state now (`GLF_LOCK`).
    private Optional<Task> changing = Optional.empty();

    /// What other nodes demand: once it is due (`GLF_DEMOTE`) nobody else is granted anything; before, while
    /// it is only coming (`GLF_PENDING_DEMOTE`), claims are granted still.
    private Demand demand = Demand.NONE;
    private LockState demoteTo = LockState.UNLOCKED;

    private enum Demand { NONE, COMING, DUE }

    /// A glock that the node does not hold.
    public Glock(Machine machine, String inode, Dlm dlm) {
        super(machine, "inode glock", inode);
        this.inode = inode;
        this.dlm = dlm;
    }

    /// Starts the worker that gives the glock up when another node asks. Before anything runs.
    void startWorker(Gfs2Inode owner) {
        machine().spawnDaemon("glock worker of " + inode, () -> work(owner));
    }

    // ---- claims ----

    /// Claims the glock and waits until the claim is granted.
    ///
    /// @return the claim, to be given up by [#dq]
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_nq")
    public GlockHolder nq(LockState wanted, Gfs2Inode owner) {
        return claim(new GlockHolder(this, machine().current(), wanted, false), owner);
    }

    /// Claims the glock in whichever state the node has it, `wanted` if it does not have it (`LM_FLAG_ANY`).
    ///
    /// @return the claim, to be given up by [#dq]
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_nq")
    public GlockHolder nqAny(LockState wanted, Gfs2Inode owner) {
        return claim(new GlockHolder(this, machine().current(), wanted, true), owner);
    }

    private GlockHolder claim(GlockHolder holder, Gfs2Inode owner) {
        machine().claims(this, holder.mode());
        machine().step(this, Access.WRITE, CLAIMS, task -> SecondAccess.first(task, claimAccess(holder)));
        queue.add(holder);
        holder.setQueued(true);
        promote();
        changed();
        awaitGrant(holder, owner);
        if (holder.state() != LockState.DEFERRED) {
            owner.mapping().dioWait(); // inode_go_held: direct I/O goes on after its claim was given up
        }
        return holder;
    }

    /// Waits for the grant; changes the state of the node where that is what the claim waits for. Starts and
    /// ends within a step on this glock.
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_wait")
    private void awaitGrant(GlockHolder holder, Gfs2Inode owner) {
        RetryLoop loop = machine().retryLoop("gfs2_glock_wait");
        while (!holder.isGranted()) {
            if (!needsStateChange(holder)) {
                machine().await(this, Access.WRITE, CLAIMS, () -> holder.isGranted() || needsStateChange(holder));
            }
            if (!holder.isGranted()) {
                doXmote(holder.state(), owner);
                loop.again();
            }
        }
        machine().current().learn(state.ordinal());
    }

    /// {@return whether the claim is at the head of the queue, and all it lacks is the state of the node} Who changes the
    /// state is the head of the queue itself, or the worker, while the demand is due.
    private boolean needsStateChange(GlockHolder holder) {
        return demand != Demand.DUE && queue.getFirst() == holder && !holder.isGranted();
    }

    /// Gives a claim up. One step.
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_dq")
    public void dq(GlockHolder holder) {
        machine().step(this, Access.WRITE, CLAIMS, task -> SecondAccess.first(task, sharedAccess(holder.state())));
        remove(holder);
        promote();
        changed();
    }

    /// {@return how a step touches the glock that claims it: a claim that is granted at once beside others of its kind
    /// commutes with theirs}
    private Access claimAccess(GlockHolder holder) {
        boolean claimed = queue.stream().anyMatch(other -> other.task() == holder.task());
        return claimed ? Access.WRITE : sharedAccess(holder.state());
    }

    /// {@return how a step touches the glock that adds a claim in that state, gives one up, or makes one weak or strong:
    /// while nobody waits, steps of those who can hold it together commute} Only what the state of the node admits
    /// together counts, so that no such step makes another one of another kind.
    protected final Access sharedAccess(LockState claimed) {
        boolean shareable = state == LockState.DEFERRED ? claimed == LockState.DEFERRED
                : state != LockState.UNLOCKED && claimed == LockState.SHARED;
        boolean alone = !shareable || changing.isPresent() || demand == Demand.DUE
                || queue.stream().anyMatch(other -> !other.isGranted() || other.state() != claimed);
        return alone ? Access.WRITE : Access.ADD;
    }

    /// Takes a claim off the queue. Within a step.
    protected final void remove(GlockHolder holder) {
        queue.remove(holder);
        holder.setQueued(false);
        holder.setGranted(false);
    }

    /// Grants what can be granted, unless the state is changing or another node's demand is due. Within a step.
    @Models(file = "fs/gfs2/glock.c", symbol = "run_queue")
    protected final void promote() {
        if (changing.isEmpty() && demand != Demand.DUE) {
            grantQueue();
        }
    }

    /// Grants from the head of the queue on what the state of the node covers.
    @Models(file = "fs/gfs2/glock.c", symbol = "do_promote")
    private void grantQueue() {
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
        return state.covers(holder.state()) || holder.takesAny() && state != LockState.UNLOCKED;
    }

    /// {@return whether a claim keeps its own task from claiming the glock again} Within a step.
    protected boolean isInTheWay(GlockHolder holder) {
        return true;
    }

    /// {@return the claims, in order} For forms of this lock, within a step.
    protected final List<GlockHolder> queue() {
        return queue;
    }

    // ---- state changes ----

    /// Changes the state of the node: writes back and drops what it will not be allowed to keep, asks the
    /// cluster, and reads anew what may have changed meanwhile. Starts and ends within a step on this glock.
    ///
    /// From shared to exclusive with no other node to ask there is nothing to do. Then it is over within the step: a
    /// claim that comes while Linux has the glock's spinlock dropped waits in the queue for the end of the change, as it
    /// would have if it had come later.
    @Models(file = "fs/gfs2/glock.c", symbol = "do_xmote")
    private void doXmote(LockState target, Gfs2Inode owner) {
        if (!dlm.isClustered() && state == LockState.SHARED && target == LockState.EXCLUSIVE) {
            reach(target);
            grantQueue();
            return;
        }
        changing = Optional.of(machine().current());
        changed();
        LockState before = leave(state, target, owner);
        if (dlm.isClustered() && !dlm.request(this, target)) {
            // Another node waits for what this one has, and this one for what that one has: one gives way.
            before = leave(before, LockState.UNLOCKED, owner);
            dlm.goDown(this, LockState.UNLOCKED);
            dlm.request(this, target);
        }
        if (before == LockState.UNLOCKED) {
            owner.instantiate();
        }
        finishXmote(target, CLAIMS);
        grantQueue(); // also if another node's demand has become due: whoever asked for the state gets to use it
    }

    @Models(file = "fs/gfs2/glock.c", symbol = "finish_xmote")
    private void finishXmote(LockState reached, long part) {
        machine().step(this, Access.WRITE, part);
        reach(reached);
    }

    private void reach(LockState reached) {
        machine().note(label() + ": " + state + " to " + reached);
        state = reached;
        changing = Optional.empty();
        changed();
    }

    /// Makes the cache fit for going from one state to another.
    ///
    /// @return the state as far as the cache is concerned
    private static LockState leave(LockState from, LockState target, Gfs2Inode owner) {
        if (from == LockState.EXCLUSIVE) {
            owner.goSync();
        }
        if (from != LockState.UNLOCKED && (target == LockState.UNLOCKED || target == LockState.DEFERRED)) {
            owner.mapping().dioWait();
            owner.goInval();
        }
        return target == LockState.UNLOCKED ? target : from;
    }

    /// Another node wants the lock in `wanted`. That becomes due later, as a node keeps a lock for some time. Linux does
    /// not wait where nobody claims the lock; whoever claims it here before the demand is due might as well have come
    /// before the demand. One step.
    @Models(file = "fs/gfs2/glock.c", symbol = "gfs2_glock_cb")
    final void callback(LockState wanted) {
        machine().step(this, Access.WRITE, DEMANDS);
        LockState target = wanted == LockState.EXCLUSIVE ? LockState.UNLOCKED : wanted;
        demoteTo = demand != Demand.NONE && demoteTo != target ? LockState.UNLOCKED : target;
        if (demand == Demand.NONE) {
            demand = Demand.COMING;
        }
        changed();
    }

    /// The worker: meets demands of other nodes, for ever.
    @Models(file = "fs/gfs2/glock.c", symbol = "glock_work_func")
    private void work(Gfs2Inode owner) {
        RetryLoop loop = machine().retryLoop("glock_work_func");
        for (;;) {
            machine().await(this, DEMANDS, () -> demand == Demand.COMING);
            machine().step(this, Access.WRITE, ALL);
            machine().environmentActs("the minimum hold time is over");
            demand = Demand.DUE;
            changed();
            while (demand == Demand.DUE) {
                if (!canDemote()) {
                    machine().await(this, Access.WRITE, ALL, this::canDemote);
                }
                demote(owner);
                loop.again();
            }
        }
    }

    private boolean canDemote() {
        return demand == Demand.DUE && changing.isEmpty() && mayDemote();
    }

    /// Goes down to what was demanded. Starts and ends within a step on this glock.
    private void demote(Gfs2Inode owner) {
        aboutToDemote();
        // From the middle states there is no way but all the way down.
        LockState target = state == LockState.EXCLUSIVE ? demoteTo : LockState.UNLOCKED;
        if (state != target && state != demoteTo) {
            changing = Optional.of(machine().current());
            leave(state, target, owner);
            dlm.goDown(this, target);
            finishXmote(target, ALL);
        }
        if (state == LockState.UNLOCKED || state == demoteTo) {
            demand = Demand.NONE;
        }
        promote();
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
        return queue.isEmpty() && changing.isEmpty();
    }

    /// {@return the tasks that hold the glock, or else the one that changes its state}
    @Override
    public List<Task> holders() {
        List<Task> granted = grantedTasks();
        return granted.isEmpty() ? changing.stream().toList() : granted;
    }

    @Override
    protected long stateHash() {
        long hash = state.ordinal() + 4L * demand.ordinal() + (demand == Demand.NONE ? 0 : 16L * demoteTo.ordinal());
        if (changing.isPresent()) {
            hash = Digest.mix(hash, changing.get().stableName());
        }
        long granted = 0; // in no order: it makes no difference who of them came first
        for (GlockHolder holder : queue) {
            if (holder.isGranted()) {
                granted += Digest.mix(holder.state().ordinal(), holder.task().stableName());
            } else {
                hash = hash * 31 + holder.task().stableName() + holder.state().ordinal() * 7L;
            }
        }
        return hash + granted;
    }
}
