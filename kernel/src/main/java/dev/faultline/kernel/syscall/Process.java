package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;

/// What a program runs in: an address space and descriptors, on one node.
public final class Process {
    /// Where the globals of a program lie.
    public static final long DATA_START = 0x5555_5555_8000L;

    private static final long STACK_TOP = 0x7fff_ffff_0000L;
    private static final long STACK_BYTES = 16 * 4096;
    private static final long STACK_GAP_BYTES = 16 * 4096;

    private final Node node;
    private final String name;
    private final Mm mm;
    private final DescriptorTable files;
    private final int pid;
    private final Optional<Process> parent;
    private final Children children;
    private final AioContexts aio;
    private int threads;

    /// What threads that start ask for about tags.
    private long tagControl;

    Process(Node node, String name, int pid, Optional<Process> parent) {
        this.node = node;
        this.name = name;
        this.pid = pid;
        this.parent = parent;
        this.children = new Children(node.machine(), name);
        this.aio = new AioContexts(node.machine(), name);
        this.mm = new Mm(node.machine(), name, node.parts(), node.userMemory().memory().swap());
        this.files = new DescriptorTable(node.machine(), name);
    }

    /// {@return the node that the process runs on}
    public Node node() {
        return node;
    }

    /// {@return the address space}
    public Mm mm() {
        return mm;
    }

    /// {@return the number of the process}
    public int pid() {
        return pid;
    }

    /// {@return the process that forked this one}
    Optional<Process> parent() {
        return parent;
    }

    Children children() {
        return children;
    }

    AioContexts aio() {
        return aio;
    }

    DescriptorTable files() {
        return files;
    }

    /// {@return the open file behind a descriptor, with a reference that the caller gives back} For what runs beside programs.
    public Optional<OpenFile> holdFile(int fd) {
        return files.hold(fd);
    }

    /// Makes a segment of the program: memory of its own at `start`, which is a multiple of the page size,
    /// with `bytes` in it. Pages of zeroes are not present. Before the process runs, by a task of it.
    public void mapSegment(long start, byte[] bytes, boolean writable) {
        if (bytes.length == 0) {
            return;
        }
        long length = (bytes.length + Content.SIZE - 1L) & -Content.SIZE;
        EnumSet<VmFlag> flags = EnumSet.of(VmFlag.READ, VmFlag.MAYREAD, VmFlag.MAYWRITE);
        if (writable) {
            flags.addAll(EnumSet.of(VmFlag.WRITE, VmFlag.ACCOUNT));
        }
        Vma segment = new Vma(mm, start, start + length, flags, Optional.empty());
        mm.insert(segment);
        for (int at = 0; at < bytes.length; at += Content.SIZE) {
            mapSegmentPage(segment, start + at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + Content.SIZE)), writable);
        }
    }

    private void mapSegmentPage(Vma segment, long address, byte[] bytes, boolean writable) {
        if (Arrays.equals(bytes, new byte[bytes.length])) {
            return;
        }
        Folio folio = node.physical().allocate("program");
        for (int i = 0; i < bytes.length; i++) {
            folio.data().content().store(i, 1, bytes[i]);
        }
        segment.anonVmaPrepare();
        mm.slot(address).replace(Pte.NONE, Pte.anonymous(folio, writable));
    }

    /// Makes the stack of a thread: anonymous memory, none of it present. Before the thread runs.
    ///
    /// @return the address behind its last byte
    public long mapStack() {
        long top = STACK_TOP - threads++ * (STACK_BYTES + STACK_GAP_BYTES);
        mapAnonymous(top - STACK_BYTES, STACK_BYTES);
        return top;
    }

    private void mapAnonymous(long start, long lengthBytes) {
        EnumSet<VmFlag> flags = EnumSet.of(VmFlag.READ, VmFlag.WRITE, VmFlag.ACCOUNT, VmFlag.MAYREAD, VmFlag.MAYWRITE);
        if (mm.architecture().hasTags()) {
            flags.add(VmFlag.TAGS_ALLOWED);
        }
        mm.insert(new Vma(mm, start, start + lengthBytes, flags, Optional.empty()));
    }

    /// Closes every descriptor (`exit_files`).
    void closeAll() {
        for (int fd : files.open()) {
            files.remove(fd).ifPresent(OpenFile::put);
        }
    }

    /// Makes the running task a thread of this process, on a processor from 0 to 63.
    public void enter(int processor) {
        enter(new TaskStruct(mm, processor));
    }

    /// Makes the running task a thread of this process, while nothing else runs.
    public void enter() {
        enter(new TaskStruct(mm));
    }

    private void enter(TaskStruct task) {
        task.setTagControl(tagControl);
        node.machine().current().setContext(task);
    }

    /// Says what threads that start from now on ask for about tags (`PR_SET_TAGGED_ADDR_CTRL`).
    void setTagControl(long control) {
        tagControl = control;
    }

    @Override
    public String toString() {
        return name;
    }
}
