package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.StateObject;
import java.util.ArrayList;
import java.util.List;

/// A pipe (`struct pipe_inode_info`): a ring of slots for parts of pages, and who waits for it.
///
/// All of it is guarded by [#lock], but [#readable] and [#writable] look at the numbers that they need without it.
public final class PipeInodeInfo extends StateObject {
    private static final int DEF_BUFFERS = 16;
    private static final int PAGE_BYTES = 4096;
    private static final int MAX_BYTES = 1 << 20; // /proc/sys/fs/pipe-max-size

    private final Node node;
    private final Mutex mutex;
    private final WaitQueueHead rdWait;
    private final WaitQueueHead wrWait;

    /// How many slots are in use: the distance between `head` and `tail`, which Linux keeps in one word as well.
    private final Cell headTail;

    private final Cell readers;
    private final Cell writers;
    private final Cell maxUsage;
    private final Cell files;
    private final PipeSlots slots;
    private final boolean internal;
    private List<PipeBuffer> bufs = ring(DEF_BUFFERS);

    /// Guarded by [#lock]: the slot in use that comes first.
    private int tail;

    private String descriptors = "";

    private PipeInodeInfo(Node node, int ends) {
        super(node.machine());
        this.node = node;
        this.mutex = new Mutex(node.machine(), "pipe->mutex", this);
        this.rdWait = new WaitQueueHead(node.machine(), "rd_wait", this);
        this.wrWait = new WaitQueueHead(node.machine(), "wr_wait", this);
        this.headTail = new Cell(node.machine(), "head_tail", this, 0);
        this.readers = new Cell(node.machine(), "readers", this, 1);
        this.writers = new Cell(node.machine(), "writers", this, ends > 0 ? 1 : 0);
        this.maxUsage = new Cell(node.machine(), "max_usage", this, DEF_BUFFERS);
        this.files = new Cell(node.machine(), "files", this, ends);
        this.slots = node.parts().get(PipeSlots.PART, () -> PipeSlots.CLEAN);
        this.internal = ends == 0;
    }

    /// {@return a pipe with two ends}
    @Models(file = "fs/pipe.c", symbol = "get_pipe_inode")
    public static PipeInodeInfo withEnds(Node node) {
        return new PipeInodeInfo(node, 2);
    }

    /// {@return a pipe that only its task knows, as sendfile(2) uses one: never locked, and never waited for}
    @Models(file = "fs/pipe.c", symbol = "alloc_pipe_info")
    public static PipeInodeInfo internal(Node node) {
        return new PipeInodeInfo(node, 0);
    }

    private static List<PipeBuffer> ring(int size) {
        List<PipeBuffer> ring = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            ring.add(new PipeBuffer());
        }
        return ring;
    }

    /// Says which descriptors the pipe was made with, for reports.
    public void setDescriptors(int reading, int writing) {
        descriptors = " " + reading + "|" + writing;
    }

    /// {@return the kernel that the pipe is in}
    Node node() {
        return node;
    }

    // ---- locks ----

    /// Locks the pipe; one that only its task knows needs none. One step.
    @Models(file = "fs/pipe.c", symbol = "pipe_lock")
    public void lock() {
        lockNested(0);
    }

    private void lockNested(int subclass) {
        if (!internal) {
            mutex.lockNested(subclass);
            machine().current().learn(Digest.mix(stateHash(), headTail.peek()));
        }
    }

    /// Ends what [#lock] started. One step.
    @Models(file = "fs/pipe.c", symbol = "pipe_unlock")
    public void unlock() {
        if (!internal) {
            mutex.unlock();
        }
    }

    /// Locks two pipes, always in the same order.
    @Models(file = "fs/pipe.c", symbol = "pipe_double_lock")
    static void doubleLock(PipeInodeInfo one, PipeInodeInfo other) {
        boolean inOrder = one.mutex.index() < other.mutex.index();
        (inOrder ? one : other).lock();
        (inOrder ? other : one).lockNested(1);
    }

    // ---- the ring; the caller has locked the pipe ----

    /// {@return how many slots are in use}
    int usage() {
        return (int) headTail.peek();
    }

    /// {@return whether no slot is in use}
    boolean isEmpty() {
        return usage() == 0;
    }

    /// {@return whether no slot may be used any more}
    public boolean isFull() {
        return usage() >= maxUsage.peek();
    }

    /// {@return how many slots may be used}
    int maxUsage() {
        return (int) maxUsage.peek();
    }

    /// {@return how many bytes at most fit behind those that are there, if each page is full}
    long room() {
        return Math.max(0, maxUsage() - usage()) * (long) PAGE_BYTES;
    }

    /// {@return whether somebody may read what is written}
    boolean hasReaders() {
        return readers.peek() > 0;
    }

    /// {@return whether somebody may write more}
    boolean hasWriters() {
        return writers.peek() > 0;
    }

    /// {@return whether it is one that only its task knows}
    boolean isInternal() {
        return internal;
    }

    /// {@return a slot in use, 0 for the first}
    PipeBuffer buffer(int position) {
        return bufs.get((tail + position) % bufs.size());
    }

    /// Says that a slot was changed.
    void bufferChanged() {
        changed();
    }

    /// Puts a part of a page behind the others, with a reference that is the pipe's from now on; there is room. One step.
    void push(PipeBuffer.Ops ops, Folio folio, int offset, int lengthBytes, int flags) {
        PipeBuffer slot = buffer(usage());
        slot.fill(ops, folio, offset, lengthBytes);
        boolean keeps = slots == PipeSlots.FLAGS_LEFT && (ops == PipeBuffer.Ops.PAGE_CACHE || ops == PipeBuffer.Ops.DEFAULT);
        if (!keeps) {
            slot.setFlags(flags);
        }
        changed();
        headTail.write(usage() + 1L);
    }

    /// Puts what is in a slot of another pipe behind the others; there is room. One step.
    void push(PipeBuffer buffer) {
        buffer(usage()).copyOf(buffer);
        changed();
        headTail.write(usage() + 1L);
    }

    /// Puts the first bytes of a slot of another pipe behind the others, which both have from now on; there is room. Writes
    /// do not add to them. Two steps.
    void pushPart(PipeBuffer buffer, int lengthBytes) {
        buffer.get();
        PipeBuffer slot = buffer(usage());
        slot.copyOf(buffer);
        slot.cut(lengthBytes);
        slot.setFlags(buffer.has(PipeBuffer.PACKET) ? PipeBuffer.PACKET : 0);
        changed();
        headTail.write(usage() + 1L);
    }

    /// Gives the first page back. Two steps.
    @Models(file = "fs/pipe.c", symbol = "pipe_update_tail")
    void eat() {
        PipeBuffer slot = buffer(0);
        slot.release();
        pop(slot);
    }

    /// Takes the first slot out of use without giving its page back. One step.
    void pop(PipeBuffer slot) {
        slot.forget();
        if (slots == PipeSlots.CLEAN) {
            slot.setFlags(0); // whoever uses it next sets them
        }
        tail = (tail + 1) % bufs.size();
        changed();
        headTail.write(usage() - 1L);
    }

    /// Gives all pages back.
    @Models(file = "fs/pipe.c", symbol = "free_pipe_info")
    void empty() {
        while (!isEmpty()) {
            eat();
        }
    }

    // ---- waiting ----

    /// {@return the queue of those who wait for data}
    WaitQueueHead rdWait() {
        return rdWait;
    }

    /// {@return the queue of those who wait for room}
    WaitQueueHead wrWait() {
        return wrWait;
    }

    /// {@return whether a reader would not have to wait} Without the lock: two steps.
    @Models(file = "fs/pipe.c", symbol = "pipe_readable")
    boolean readable() {
        boolean empty = headTail.read() == 0;
        return writers.read() == 0 || !empty;
    }

    /// {@return whether a writer would not have to wait} Without the lock: two steps, or three.
    @Models(file = "fs/pipe.c", symbol = "pipe_writable")
    boolean writable() {
        boolean full = headTail.read() >= maxUsage.read();
        return !full || readers.read() == 0;
    }

    /// {@return whether there seems to be nothing to read} One step, without the lock.
    boolean seemsEmpty() {
        return headTail.read() == 0;
    }

    /// {@return whether there seems to be no room} Two steps, without the lock.
    boolean seemsFull() {
        return headTail.read() >= maxUsage.read();
    }

    /// {@return whether there seems to be nobody who reads} One step, without the lock.
    boolean seemsWithoutReaders() {
        return readers.read() == 0;
    }

    /// {@return whether there seems to be nobody who writes} One step, without the lock.
    boolean seemsWithoutWriters() {
        return writers.read() == 0;
    }

    /// Unlocks the pipe until there may be something to read.
    @Models(file = "fs/pipe.c", symbol = "pipe_wait_readable")
    void waitReadable() {
        unlock();
        rdWait.waitEvent(WaitQueueHead.Wait.SHARED, this::readable);
        lock();
    }

    /// Unlocks the pipe until there may be room.
    @Models(file = "fs/pipe.c", symbol = "pipe_wait_writable")
    void waitWritable() {
        unlock();
        wrWait.waitEvent(WaitQueueHead.Wait.SHARED, this::writable);
        lock();
    }

    // ---- the ends ----

    /// One end is closed.
    @Models(file = "fs/pipe.c", symbol = "pipe_release")
    void release(boolean reading) {
        lock();
        Cell end = reading ? readers : writers;
        end.write(end.peek() - 1);
        if (hasReaders() != hasWriters()) {
            rdWait.wakeUpAll();
            wrWait.wakeUpAll();
        }
        unlock();
        if (files.addAndGet(-1) == 0) {
            empty();
        }
    }

    // ---- the size ----

    /// {@return how many bytes fit if each page is full} (`F_GETPIPE_SZ`)
    public SysResult size() {
        lock();
        long bytes = maxUsage.peek() * PAGE_BYTES;
        unlock();
        return SysResult.ok(bytes);
    }

    /// Changes the number of slots (`F_SETPIPE_SZ`). As for a program without privileges, 1 MiB is the limit.
    ///
    /// @return how many bytes fit now; -EINVAL, -EPERM; -EBUSY if what is in the pipe does not fit
    @Models(file = "fs/pipe.c", symbol = "pipe_set_size")
    public SysResult setSize(long wanted) {
        lock();
        SysResult result = resize(wanted & 0xffff_ffffL);
        unlock();
        return result;
    }

    @Models(file = "fs/pipe.c", symbol = "pipe_resize_ring")
    private SysResult resize(long wanted) {
        if (wanted > 1L << 31) {
            return SysResult.err(Errno.EINVAL);
        }
        long bytes = Math.max(PAGE_BYTES, Long.highestOneBit(Math.max(wanted, 1) * 2 - 1));
        if (bytes > MAX_BYTES && bytes > maxUsage.peek() * PAGE_BYTES) {
            return SysResult.err(Errno.EPERM);
        }
        int size = (int) (bytes / PAGE_BYTES);
        if (usage() > size) {
            return SysResult.err(Errno.EBUSY);
        }
        List<PipeBuffer> larger = ring(size);
        for (int i = 0; i < usage(); i++) {
            larger.set(i, buffer(i));
        }
        bufs = larger;
        tail = 0;
        changed();
        maxUsage.write(size);
        wrWait.wakeUp();
        return SysResult.ok(bytes);
    }

    @Override
    protected long stateHash() {
        long hash = tail;
        for (PipeBuffer slot : bufs) {
            hash = hash * 0x9e3779b97f4a7c15L + slot.stateHash();
        }
        return hash;
    }

    @Override
    public String toString() {
        return "pipe" + descriptors;
    }
}
