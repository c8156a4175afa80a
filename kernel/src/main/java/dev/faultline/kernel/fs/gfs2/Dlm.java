package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;

/// One lock of the distributed lock manager: the state in which each node has it, and who waits for more.
///
/// Nodes that want more than they have go first, the others in the order in which they came. Whoever waits
/// tells the nodes that are in its way, also those that come into its way while it waits.
public final class Dlm extends SharedObject {
    private final List<Glock> nodes = new ArrayList<>();
    private final List<LockState> granted = new ArrayList<>();
    private final List<Request> queue = new ArrayList<>(2);

    /// A node that waits.
    private static final class Request {
        final int node;
        final LockState wanted;
        final boolean conversion;
        boolean isGranted;
        // The nodes that were told. Once is enough: a node remembers until it has given the lock up, and comes
        // after this request when it asks again.
        long told;

        Request(int node, LockState wanted, boolean conversion) {
            this.node = node;
            this.wanted = wanted;
            this.conversion = conversion;
        }
    }

    Dlm(Machine machine, String resource) {
        super(machine, "dlm lock", resource);
    }

    /// Adds a node's glock, unlocked. Before anything runs.
    void join(Glock glock) {
        nodes.add(glock);
        granted.add(LockState.UNLOCKED);
    }

    /// {@return whether the lock spans more than one node}
    boolean isClustered() {
        return nodes.size() > 1;
    }

    /// Goes down to `state`, or gives the lock up: no other node can mind. One step.
    @Models(file = "fs/dlm/lock.c", symbol = "dlm_unlock")
    void goDown(Glock glock, LockState state) {
        machine().step(this, Access.WRITE, -1);
        granted.set(nodes.indexOf(glock), state);
        grantQueue();
        changed();
    }

    /// Waits until the node has the lock in `wanted`, which is more than it has or something else.
    ///
    /// @return false if nothing was done, because another node that waits for what this one has stands in the
    ///         way: each would wait for the other
    @Models(file = "fs/dlm/lock.c", symbol = "dlm_lock")
    boolean request(Glock glock, LockState wanted) {
        machine().step(this, Access.WRITE, -1);
        int node = nodes.indexOf(glock);
        if (queue.stream().anyMatch(other -> stuckOnEachOther(node, wanted, other))) {
            machine().current().learn(2);
            return false;
        }
        Request request = new Request(node, wanted, granted.get(node) != LockState.UNLOCKED);
        queue.add(request);
        grantQueue();
        changed();
        awaitGrant(request);
        return true;
    }

    private boolean stuckOnEachOther(int node, LockState wanted, Request other) {
        return other.conversion
                && !granted.get(other.node).isCompatibleWith(wanted)
                && !granted.get(node).isCompatibleWith(other.wanted);
    }

    /// Starts within a step on this lock.
    private void awaitGrant(Request request) {
        RetryLoop loop = machine().retryLoop("dlm_lock");
        while (!request.isGranted) {
            machine().current().learn(request.told);
            int inTheWay = nextToTell(request);
            if (inTheWay >= 0) {
                request.told |= 1L << inTheWay;
                changed();
                nodes.get(inTheWay).callback(request.wanted);
            }
            machine().await(this, Access.WRITE, -1, () -> request.isGranted || nextToTell(request) >= 0);
            loop.again(request.told);
        }
    }

    /// {@return a node that is in the way and was not told yet, -1 for none}
    private int nextToTell(Request request) {
        for (int node = 0; node < nodes.size(); node++) {
            boolean blocks = node != request.node && !granted.get(node).isCompatibleWith(request.wanted);
            if (blocks && (request.told >> node & 1) == 0) {
                return node;
            }
        }
        return -1;
    }

    private void grantQueue() {
        boolean converting = false;
        for (Request request : List.copyOf(queue)) {
            converting |= request.conversion && !grantIfFree(request);
        }
        for (Request request : List.copyOf(queue)) {
            if (converting || !grantIfFree(request)) {
                return;
            }
        }
    }

    private boolean grantIfFree(Request request) {
        for (int node = 0; node < nodes.size(); node++) {
            if (node != request.node && !granted.get(node).isCompatibleWith(request.wanted)) {
                return false;
            }
        }
        request.isGranted = true;
        queue.remove(request);
        granted.set(request.node, request.wanted);
        return true;
    }

    /// {@return who has to give way for the node that has waited longest: the tasks that hold the lock on the
    /// nodes in its way, or change its state there}
    @Override
    public List<Task> holders() {
        List<Task> all = new ArrayList<>();
        for (int node = 0; !queue.isEmpty() && node < nodes.size(); node++) {
            Request first = queue.getFirst();
            if (node != first.node && !granted.get(node).isCompatibleWith(first.wanted)) {
                all.addAll(nodes.get(node).holders());
            }
        }
        return all;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (LockState state : granted) {
            hash = hash * 5 + state.ordinal();
        }
        for (Request request : queue) {
            hash = Digest.mix(hash, request.node * 8L + request.wanted.ordinal() + (request.told << 16));
        }
        return hash;
    }
}
