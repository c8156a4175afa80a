package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
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
    private int threads;

    Process(Node node, String name) {
        this.node = node;
        this.name = name;
        this.mm = new Mm(node.machine(), name);
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

    DescriptorTable files() {
        return files;
    }

    /// Makes `lengthBytes` bytes of anonymous memory at [#DATA_START], none of it present. Before the process runs.
    public void mapData(long lengthBytes) {
        if (lengthBytes > 0) {
            mapAnonymous(DATA_START, (lengthBytes + 4095) / 4096 * 4096);
        }
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
        mm.insert(new Vma(mm, start, start + lengthBytes,
                EnumSet.of(VmFlag.READ, VmFlag.WRITE, VmFlag.MAYREAD, VmFlag.MAYWRITE), Optional.empty()));
    }

    /// Makes the running task a thread of this process.
    public void enter() {
        node.machine().current().setContext(new TaskStruct(mm));
    }

    @Override
    public String toString() {
        return name;
    }
}
