package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.PollWait;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.FaultFlag;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.kernel.mm.UserFaultHandler;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.kernel.uffd.FaultQueues.WakeRange;
import dev.faultline.kernel.uffd.FaultQueues.Waiter;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// What an userfaultfd stands for (`struct userfaultfd_ctx`): the faults that wait for the program, and what it
/// asked to be told.
///
/// Alive as long as the file is open or a fault waits; areas point to it without a reference, and the last close
/// takes it out of them.
final class UserfaultfdCtx implements UserFaultHandler {
    /// In [#features], once the handshake is done (`UFFD_FEATURE_INITIALIZED`).
    private static final long INITIALIZED = 1L << 31;

    private final Userfaultfds all;
    private final Parts parts;
    private final Machine machine;
    private final Mm mm;
    private final PhysicalMemory physical;
    private final ForkRead forkRead;
    private final int flags;
    private final String name;
    private final Cell features;
    private final Cell released;
    private final Cell refcount;
    private final MmapChanging mmapChanging;
    private final UserfaultWait wait;
    private final InstallPte install;
    private final ShmemFill shmem;
    private final FaultQueues queues;

    /// One whose handshake is still to come, with the caller's reference.
    ///
    /// @param flags of userfaultfd(2)
    UserfaultfdCtx(Userfaultfds all, Machine machine, Parts parts, PhysicalMemory physical, Mm mm, int flags) {
        this.all = all;
        this.parts = parts;
        this.machine = machine;
        this.mm = mm;
        this.physical = physical;
        this.forkRead = parts.get(ForkRead.PART, ForkRead::new);
        this.flags = flags;
        this.name = "userfaultfd of " + mm;
        this.features = new Cell(machine, "features", name, 0);
        this.released = new Cell(machine, "released", name, 0);
        this.refcount = new Cell(machine, "refcount", name, 1);
        this.mmapChanging = parts.get(MmapChanging.PART, () -> MmapChanging::new).create(machine, name);
        this.wait = parts.get(UserfaultWait.PART, UserfaultWait::new);
        this.install = parts.get(InstallPte.PART, InstallPte::new);
        this.shmem = parts.get(ShmemFill.PART, () -> ShmemFill::new).create(install);
        this.queues = new FaultQueues(machine, name, forkRead);
    }

    @Override
    public long stableName() {
        return features.stableName();
    }

    /// {@return the address space whose faults it serves}
    Mm mm() {
        return mm;
    }

    /// {@return how many changes of areas the program has not read of yet}
    MmapChanging mmapChanging() {
        return mmapChanging;
    }

    /// {@return what puts entries in place}
    InstallPte install() {
        return install;
    }

    /// {@return what puts pages of shmem in place}
    ShmemFill shmem() {
        return shmem;
    }

    /// {@return the flags of userfaultfd(2)}
    int flags() {
        return flags;
    }

    /// {@return whether the handshake is done} One step.
    boolean isInitialized() {
        return (features.read() & INITIALIZED) != 0;
    }

    /// Makes the features active, unless a handshake was done before. One step.
    ///
    /// @return whether it was not
    boolean initialize(long asked) {
        return features.compareAndSet(0, asked | INITIALIZED);
    }

    /// {@return whether the program asked for the feature} One step.
    boolean has(long feature) {
        return (features.read() & feature) != 0;
    }

    @Override
    public boolean isWpAsync() {
        return has(Uffd.FEATURE_WP_ASYNC);
    }

    @Override
    public boolean marksUnpopulated() {
        return has(Uffd.FEATURE_WP_UNPOPULATED);
    }

    private void get() {
        refcount.add(1);
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_put")
    private void put() {
        refcount.add(-1);
    }

    /// {@return what nobody owns any more, when every file is closed; no step}
    Optional<String> leak() {
        if (refcount.peek() == 0 && queues.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(name + " has " + refcount.peek() + " references at the end");
    }

    // ---- faults ----

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "handle_userfault")
    public VmFaultResult handleUserfault(VmFault fault, Reason reason) {
        long asked = features.read();
        boolean userModeOnly = (flags & Uffd.USER_MODE_ONLY) != 0;
        if ((asked & Uffd.FEATURE_SIGBUS) != 0 || userModeOnly && !fault.has(FaultFlag.USER)
                || !fault.has(FaultFlag.ALLOW_RETRY)) {
            return VmFaultResult.SIGBUS;
        }
        if (released.read() != 0) {
            return wait.released(fault);
        }
        if (fault.has(FaultFlag.RETRY_NOWAIT)) {
            return VmFaultResult.RETRY; // with its lock
        }
        get();
        sleep(fault, reason, new Waiter(machine.current(),
                UffdMsg.pagefault(fault, reason, asked, machine.current().id() + 1)));
        put();
        return VmFaultResult.RETRY;
    }

    /// Queues first and looks at the entry afterwards: who resolves the fault in between finds us in the queue.
    private void sleep(VmFault fault, Reason reason, Waiter waiter) {
        queues.add(waiter);
        boolean mustWait = wait.mustWait(fault.slot(), reason);
        fault.releaseLock();
        if (mustWait && released.read() == 0) {
            queues.readers().wake();
            Runnable wake = () -> queues.kill(waiter);
            if (physical.sleepKillably(wake)) {
                queues.remove(waiter);
                return;
            }
            queues.schedule(waiter);
            physical.awake(wake);
        } else {
            queues.remove(waiter);
        }
    }

    // ---- events

    @Override
    public Optional<Completion> begin(Event event) {
        if (!has(feature(event))) {
            return Optional.empty();
        }
        get();
        mmapChanging.begin();
        return Optional.of(new Begun());
    }

    private final class Begun implements Completion {
        @Override
        public void complete(Happened happened) {
            queueEvent(new FaultQueues.Event(machine, UffdMsg.of(happened), Optional.empty()));
            done();
        }

        @Override
        @Models(file = "fs/userfaultfd.c", symbol = "mremap_userfaultfd_fail")
        public void fail() {
            mmapChanging.giveUp();
            put();
        }
    }

    private static long feature(Event event) {
        return switch (event) {
            case REMAP -> Uffd.FEATURE_EVENT_REMAP;
            case REMOVE -> Uffd.FEATURE_EVENT_REMOVE;
            case UNMAP -> Uffd.FEATURE_EVENT_UNMAP;
        };
    }

    private void done() {
        mmapChanging.end();
        put();
    }

    /// Waits until the program has read of the event, or nobody will.
    ///
    /// @return whether it has
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_event_wait_completion")
    private boolean queueEvent(FaultQueues.Event event) {
        queues.add(event);
        if (released.read() != 0) {
            return !queues.abort(event);
        }
        queues.readers().wake();
        Runnable wake = event::kill;
        if (physical.sleepKillably(wake)) {
            return !queues.abort(event);
        }
        boolean told = event.schedule();
        physical.awake(wake);
        return told || !queues.abort(event);
    }

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "dup_userfaultfd")
    public Optional<Forked> fork(Mm childMm) {
        if (!has(Uffd.FEATURE_EVENT_FORK)) {
            return Optional.empty();
        }
        UserfaultfdCtx child = all.add(new UserfaultfdCtx(all, machine, parts, physical, childMm, flags));
        child.features.pokeUnseen(features.peek());
        get();
        mmapChanging.begin();
        return Optional.of(new Forked(child, () -> forked(child)));
    }

    @Models(file = "fs/userfaultfd.c", symbol = "dup_userfaultfd_complete")
    private void forked(UserfaultfdCtx child) {
        boolean told = queueEvent(new FaultQueues.Event(machine, UffdMsg.fork(0), Optional.of(child)));
        if (!told) {
            Registration.releaseAll(child);
            child.put();
        }
        done();
    }

    /// {@return what counts references}
    Cell refcount() {
        return refcount;
    }

    /// A reference more, within a step that was announced as an addition to [#refcount].
    void getWithinStep() {
        refcount.poke(refcount.peek() + 1);
    }

    /// {@return whether the reader of a fork has a reference of its own} If not, it must not be gone: one step.
    boolean isHeldByReader() {
        if (!forkRead.takesReference() && refcount.read() == 0) {
            throw machine.finding(Kind.USE_AFTER_FREE, name + " used after it was freed");
        }
        return forkRead.takesReference();
    }

    /// A reference less.
    void putForFile() {
        put();
    }

    // ---- reading ----

    /// Takes the next message, waiting for it if need be.
    ///
    /// @param block whether to wait
    /// @return empty if there is none now
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_read")
    Optional<FaultQueues.Message> read(boolean block) {
        if (!block) {
            return queues.refile();
        }
        RetryLoop loop = machine.retryLoop("userfaultfd_ctx_read");
        Optional<FaultQueues.Message> msg = queues.refileOrJoin();
        while (msg.isEmpty()) {
            Runnable wake = queues.readers()::wake;
            if (physical.sleepKillably(wake)) {
                queues.readers().wake();
                return msg;
            }
            queues.readers().await();
            physical.awake(wake);
            loop.again();
            msg = queues.refileOrJoin();
        }
        return msg;
    }

    /// A fork could not be told: the event is to be read of again.
    void putBack(FaultQueues.Event fork) {
        queues.putBack(fork);
    }

    /// {@return whether a message can be read} A poller that waits joins those that are woken when there is one.
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_poll")
    boolean poll(Optional<PollWait> wait) {
        return queues.poll(wait);
    }

    // ---- waking ----

    /// Wakes the faults in a range, if there are any.
    @Models(file = "fs/userfaultfd.c", symbol = "wake_userfault")
    void wakeUserfault(long start, long lengthBytes) {
        if (queues.isActive()) {
            queues.wake(new WakeRange(start, lengthBytes));
        }
    }

    /// The file is closed: areas are ordinary again, and everybody who waits goes on.
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_release")
    void release() {
        released.write(1);
        Registration.releaseAll(this);
        queues.wake(WakeRange.ALL);
        queues.abortAll();
        queues.readers().wake();
        put();
    }

    @Override
    public String toString() {
        return name;
    }
}
