package dev.faultline.kernel.syscall;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where a process submits requests that it does not wait for, and where their results are put for it to fetch
/// (`struct kioctx`). The results are in the kernel only: the ring that maps them into the program is left out.
final class AioContext extends SharedObject {
    private static final long REQUESTS = 1;
    private static final long EVENTS = 2;

    private static final int PAGE = 4096;
    private static final int RING_HEADER_BYTES = 32;
    private static final int EVENT_BYTES = 32;
    private static final int PROCESSORS = 2;

    private final long id;
    private final int maxRequests;
    private final Mutex ringLock;
    private final List<Request> inFlight = new ArrayList<>(4);
    private final List<Event> events = new ArrayList<>(4);
    private boolean dead;

    /// A request that was submitted (`struct aio_kiocb`), as the program named it.
    static final class Request {
        private final long object;
        private final long data;

        /// @param object the address of its iocb
        /// @param data   what the program wants back with the result
        Request(long object, long data) {
            this.object = object;
            this.data = data;
        }
    }

    /// What the program is told of a request that is over (`struct io_event`).
    record Event(long data, long object, long result) {
        private long hash() {
            return Digest.mix(data, Digest.mix(object, result));
        }
    }

    /// A context for at least `askedRequests` requests at a time.
    ///
    /// @param id what the program calls it
    AioContext(Machine machine, long id, long askedRequests) {
        super(machine, "kioctx", Long.toHexString(id));
        this.id = id;
        this.maxRequests = capacity(askedRequests);
        this.ringLock = new Mutex(machine, "ring_lock", this);
    }

    /// {@return how many results fit into the ring, which is made of whole pages} One place stays empty.
    private static int capacity(long askedRequests) {
        long slots = 2 * Math.max(askedRequests, 4L * PROCESSORS) + 2;
        long pages = (RING_HEADER_BYTES + EVENT_BYTES * slots + PAGE - 1) / PAGE;
        return (int) ((PAGE * pages - RING_HEADER_BYTES) / EVENT_BYTES) - 1;
    }

    /// {@return what the program calls it}
    long id() {
        return id;
    }

    /// {@return how many requests there may be whose results were not fetched yet}
    int maxRequests() {
        return maxRequests;
    }

    /// Lets a request start, until [#complete]. One step.
    ///
    /// @return -EAGAIN if there are too many; -EINVAL if the context is going away
    Optional<Errno> start(Request request) {
        machine().step(this, Access.WRITE, REQUESTS | EVENTS);
        boolean room = inFlight.size() + events.size() < maxRequests;
        machine().current().learn(dead ? 2 : room ? 1 : 0);
        if (dead || !room) {
            return Optional.of(dead ? Errno.EINVAL : Errno.EAGAIN);
        }
        inFlight.add(request);
        changed();
        return Optional.empty();
    }

    /// A request did not come about after all: nobody is told. One step.
    void abandon(Request request) {
        machine().step(this, Access.WRITE, REQUESTS);
        finish(request);
    }

    /// A request is over: puts its result where the program fetches it (`aio_complete`). One step.
    void complete(Request request, SysResult result) {
        machine().step(this, Access.WRITE, REQUESTS | EVENTS);
        finish(request);
        events.add(new Event(request.data, request.object, switch (result) {
            case SysResult.Ok(long bytes) -> bytes;
            case SysResult.Err(Errno errno) -> -errno.number();
        }));
        changed();
    }

    /// A request that is over has been freed: whoever ends it once more touches memory that is somebody else's.
    private void finish(Request request) {
        if (!inFlight.remove(request)) {
            throw machine().finding(Kind.USE_AFTER_FREE, "the aio request of iocb 0x" + Long.toHexString(request.object)
                    + " is completed twice");
        }
        changed();
    }

    /// {@return what keeps results in order while they are fetched}
    Mutex ringLock() {
        return ringLock;
    }

    /// Waits until there are that many results, or the context is going away. One step.
    void await(int results) {
        machine().await(this, EVENTS, () -> dead || events.size() >= results);
    }

    /// {@return the first results, at most `count`, which stay where they are} The caller holds [#ringLock]. One step.
    List<Event> peek(long count) {
        machine().step(this, Access.READ, EVENTS);
        List<Event> first = List.copyOf(events.subList(0, (int) Math.min(count, events.size())));
        first.forEach(event -> machine().current().learn(event.hash()));
        machine().current().learn(first.size());
        return first;
    }

    /// Takes the first `count` results out. The caller holds [#ringLock]. One step.
    void remove(int count) {
        machine().step(this, Access.WRITE, EVENTS);
        events.subList(0, count).clear();
        changed();
    }

    /// {@return whether the context is going away} One step.
    boolean isDead() {
        machine().step(this, Access.READ, EVENTS);
        machine().current().learn(dead ? 1 : 0);
        return dead;
    }

    /// Lets no more requests start, and wakes who waits for results. One step.
    ///
    /// @return whether the context was not going away already
    boolean kill() {
        machine().step(this, Access.WRITE, REQUESTS | EVENTS);
        boolean first = !dead;
        machine().current().learn(first ? 1 : 0);
        dead = true;
        changed();
        return first;
    }

    /// Waits until every request is over. One step.
    void awaitRequests() {
        machine().await(this, REQUESTS, inFlight::isEmpty);
    }

    @Override
    protected long stateHash() {
        long hash = dead ? 1 : 0;
        for (Event event : events) {
            hash = Digest.mix(hash, event.hash());
        }
        for (Request request : inFlight) {
            hash = Digest.mix(hash, request.object);
        }
        return hash;
    }
}
