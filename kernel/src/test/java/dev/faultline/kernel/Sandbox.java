package dev.faultline.kernel;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.btrfs.Btrfs;
import dev.faultline.kernel.fs.ext4.Ext4;
import dev.faultline.kernel.fs.f2fs.F2fs;
import dev.faultline.kernel.fs.gfs2.Gfs2;
import dev.faultline.kernel.fs.ntfs3.Ntfs3;
import dev.faultline.kernel.fs.ramfs.Ramfs;
import dev.faultline.kernel.fs.tmpfs.Tmpfs;
import dev.faultline.kernel.fs.tmpfs.TmpfsHuge;
import dev.faultline.kernel.fs.xfs.Xfs;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.FaultIn;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Gup;
import dev.faultline.kernel.mm.HugetlbPages;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Reclaim;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.ProcessCalls;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/// One or several machines with a file system at `/mnt`, in which a test runs system calls one after the other.
public final class Sandbox {
    private static final int PROT = Mman.PROT_READ | Mman.PROT_WRITE;

    private final Machine machine = new Machine(1_000_000, null);
    private final Kernel kernel;
    private final SystemCalls calls;
    private final List<FileSystem> mounted;

    private Sandbox(int nodes, Function<List<Node>, List<FileSystem>> mount, Parts parts) {
        this.kernel = new Kernel(machine, parts, nodes);
        this.calls = new SystemCalls(kernel);
        this.mounted = mount.apply(kernel.nodes());
        kernel.mount("/mnt", mounted);
    }

    /// {@return today's kernel with the file system of that name}
    public static Sandbox with(String fileSystem) {
        return switch (fileSystem) {
            case "btrfs" -> btrfs(true);
            case "ext4" -> ext4();
            case "f2fs" -> f2fs();
            case "gfs2" -> gfs2(1);
            case "ntfs3" -> ntfs3();
            case "ramfs" -> ramfs();
            case "tmpfs" -> tmpfs(OptionalLong.empty());
            case "xfs" -> xfs();
            default -> throw new AssertionError(fileSystem);
        };
    }

    /// {@return today's kernel with ext4}
    public static Sandbox ext4() {
        return new Sandbox(1, nodes -> List.of(new Ext4(nodes.getFirst(), "/mnt")), Parts.TODAY);
    }

    /// {@return today's kernel with ext4 on another architecture}
    public static Sandbox ext4(Architecture architecture) {
        return new Sandbox(1, nodes -> List.of(new Ext4(nodes.getFirst(), "/mnt")),
                Parts.TODAY.with(Architecture.PART, architecture));
    }

    /// {@return today's kernel with ext4, where memory is mapped by huge pages}
    public static Sandbox huge(Thp thp) {
        return new Sandbox(1, nodes -> List.of(new Ext4(nodes.getFirst(), "/mnt")), Parts.TODAY.with(Thp.PART, thp));
    }

    /// {@return today's kernel with ext4, where memory is mapped by huge pages, on another architecture}
    public static Sandbox huge(Thp thp, Architecture architecture) {
        return new Sandbox(1, nodes -> List.of(new Ext4(nodes.getFirst(), "/mnt")),
                Parts.TODAY.with(Thp.PART, thp).with(Architecture.PART, architecture));
    }

    /// {@return today's kernel with ext4, and so many huge pages set aside}
    public static Sandbox hugetlb(int pages) {
        return new Sandbox(1, nodes -> List.of(new Ext4(nodes.getFirst(), "/mnt")),
                Parts.TODAY.with(HugetlbPages.PART, new HugetlbPages(pages)));
    }

    /// {@return today's kernel with ramfs}
    public static Sandbox ramfs() {
        return new Sandbox(1, nodes -> List.of(new Ramfs(nodes.getFirst(), "/mnt")), Parts.TODAY);
    }

    /// {@return today's kernel with xfs}
    public static Sandbox xfs() {
        return new Sandbox(1, nodes -> List.of(new Xfs(nodes.getFirst(), "/mnt")), Parts.TODAY);
    }

    /// {@return today's kernel with f2fs}
    public static Sandbox f2fs() {
        return new Sandbox(1, nodes -> List.of(new F2fs(nodes.getFirst(), "/mnt")), Parts.TODAY);
    }

    /// {@return today's kernel with ntfs3}
    public static Sandbox ntfs3() {
        return new Sandbox(1, nodes -> List.of(new Ntfs3(nodes.getFirst(), "/mnt")), Parts.TODAY);
    }

    /// {@return today's kernel with btrfs}
    ///
    /// @param checksums whether data has checksums
    public static Sandbox btrfs(boolean checksums) {
        return new Sandbox(1, nodes -> List.of(new Btrfs(nodes.getFirst(), "/mnt", checksums)), Parts.TODAY);
    }

    /// {@return today's kernel with gfs2 on that many nodes}
    public static Sandbox gfs2(int nodes) {
        return new Sandbox(nodes, all -> Gfs2.mount(all, "/mnt"), Parts.TODAY);
    }

    /// {@return today's kernel with a tmpfs, without a limit if `sizeBytes` is empty}
    public static Sandbox tmpfs(OptionalLong sizeBytes) {
        return new Sandbox(1, nodes -> List.of(new Tmpfs(nodes.getFirst(), "/mnt", sizeBytes)), Parts.TODAY);
    }

    /// {@return today's kernel with a tmpfs that keeps its files in huge pages}
    public static Sandbox tmpfs(OptionalLong sizeBytes, TmpfsHuge when) {
        return new Sandbox(1, nodes -> List.of(new Tmpfs(nodes.getFirst(), "/mnt", sizeBytes, when)), Parts.TODAY);
    }

    /// {@return today's kernel with a tmpfs that keeps its files in huge pages, where those and other memory are mapped by
    /// one entry}
    public static Sandbox hugeTmpfs() {
        return new Sandbox(1, nodes -> List.of(new Tmpfs(nodes.getFirst(), "/mnt", OptionalLong.empty(), TmpfsHuge.ALWAYS)),
                Parts.TODAY.with(Thp.PART, Thp.ALWAYS));
    }

    /// {@return the machine}
    public Machine machine() {
        return machine;
    }

    /// {@return the file system as each node knows it, node 1 first}
    public List<FileSystem> mounted() {
        return mounted;
    }

    /// Gives the machine swap.
    public void swapOn(int slots) {
        kernel.swapOn(slots);
    }

    /// Makes a clean file that is not cached.
    public Sandbox file(String path, long sizeBytes, char fill) {
        kernel.format(path, sizeBytes, Optional.of((byte) fill));
        return this;
    }

    /// Makes a device whose memory can be mapped.
    ///
    /// @param sort [VmFlag#PFNMAP] or [VmFlag#IO]
    public Sandbox device(String path, VmFlag sort) {
        kernel.device(path, sort);
        return this;
    }

    /// Makes a file without a block.
    public Sandbox hole(String path, long sizeBytes) {
        kernel.format(path, sizeBytes, Optional.empty());
        return this;
    }

    /// Runs a test's calls alone, and checks afterwards that nothing was left behind.
    ///
    /// @return everything that the model found wrong
    public List<Finding> run(Runnable body) {
        return run(body, kernel::checkQuiescent);
    }

    private List<Finding> run(Runnable body, Runnable afterwards) {
        checked(machine.runAlone("test", () -> {
            body.run();
            afterwards.run();
        }));
        return new ArrayList<>(machine.findings());
    }

    private void checked(Ending ending) {
        if (ending == Ending.CRASH) {
            throw new AssertionError(machine.crash());
        }
        if (ending != Ending.DONE && ending != Ending.FINDING) {
            throw new AssertionError("the test ended with " + ending);
        }
    }

    /// Runs `prepare` alone, then `bodies` as tasks in the order that belongs to `seed`, and checks afterwards
    /// that nothing was left behind.
    ///
    /// @return everything that the model found wrong
    public List<Finding> runTogether(long seed, Runnable prepare, List<Runnable> bodies) {
        return runTogether(seed, prepare, bodies, () -> { });
    }

    /// Runs `bodies` as [#runTogether(long, Runnable, List)] does, and `last` alone when they have ended.
    ///
    /// @return everything that the model found wrong
    public List<Finding> runTogether(long seed, Runnable prepare, List<Runnable> bodies, Runnable last) {
        return runTogether(new RandomOrder(seed), prepare, bodies, last);
    }

    /// Runs `prepare` alone, then `bodies` as tasks in some order, and `last` alone when they have ended; checks afterwards
    /// that nothing was left behind.
    ///
    /// @return everything that the model found wrong
    public List<Finding> runTogether(Scheduler order, Runnable prepare, List<Runnable> bodies, Runnable last) {
        run(prepare, () -> { });
        machine.startPhase();
        for (int i = 0; i < bodies.size(); i++) {
            machine.spawn("P" + i, bodies.get(i));
        }
        checked(machine.run(order));
        return machine.findings().isEmpty() ? run(last) : new ArrayList<>(machine.findings());
    }

    /// {@return a new process on a node, numbered from 1; within [#run]}
    public Program program(int node) {
        return new Program(kernel.process(node, "process on node " + node));
    }

    /// One process, and its calls.
    public final class Program {
        private final Process process;
        private final Runnable enter;

        private Program(Process process) {
            this(process, process::enter);
        }

        private Program(Process process, Runnable enter) {
            this.process = process;
            this.enter = enter;
        }

        private void enter() {
            enter.run();
        }

        /// {@return the same program on a processor, from 0 to 63, whose TLB keeps what it uses: other processors, and calls
        /// of a program that is on none, do not see that}
        public Program on(int processor) {
            return new Program(process, () -> process.enter(processor));
        }

        /// {@return a child of the program}
        public Program fork() {
            enter();
            return new Program(ProcessCalls.fork(kernel, process));
        }

        /// {@return how many page frames are in use on the program's machine}
        public int pagesInUse() {
            return process.node().physical().inUse().size();
        }

        /// {@return the number of the process}
        public int pid() {
            return process.pid();
        }

        /// Ends the program, which is somebody's child.
        ///
        /// @param status as wait(2) tells it
        public void exit(int status) {
            enter();
            ProcessCalls.exit(process, status);
        }

        /// Calls by name, as the program does.
        public SysResult call(String name, long... arguments) {
            enter();
            return calls.get(name).invoke(process, arguments);
        }

        /// {@return what a call that must succeed comes to}
        public long must(String name, long... arguments) {
            return switch (call(name, arguments)) {
                case SysResult.Ok(long value) -> value;
                case SysResult.Err(Errno errno) -> throw new AssertionError(name + " failed with " + errno);
            };
        }

        /// {@return a descriptor for reading and writing}
        public int open(String path, int flags) {
            return openFile(path, flags | Fcntl.O_RDWR);
        }

        /// {@return a descriptor for reading}
        public int openReadOnly(String path) {
            return openFile(path, Fcntl.O_RDONLY);
        }

        private int openFile(String path, int flags) {
            enter();
            return switch (SystemCalls.open(kernel, process, path, flags)) {
                case SysResult.Ok(long fd) -> (int) fd;
                case SysResult.Err(Errno errno) -> throw new AssertionError("open failed with " + errno);
            };
        }

        /// {@return the start of new anonymous memory}
        public long anonymous(long lengthBytes) {
            return must("mmap", 0, lengthBytes, PROT, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0);
        }

        /// {@return the start of a shared mapping of a file}
        public long shared(int fd, long lengthBytes) {
            return must("mmap", 0, lengthBytes, PROT, Mman.MAP_SHARED, fd, 0);
        }

        /// {@return the address space}
        public Mm mm() {
            return process.mm();
        }

        /// {@return the functions that fault memory of the program in}
        public FaultIn faultIn() {
            enter();
            return process.node().userMemory().faultIn();
        }

        /// {@return pages of the program by address}
        public Gup gup() {
            enter();
            return process.node().userMemory().gup();
        }

        /// {@return accesses to memory of the program}
        public UserAccess access() {
            enter();
            return process.node().userMemory().access();
        }

        /// Has the kernel move the page at an address to another frame, if it can.
        public void migrate(long address) {
            enter();
            process.node().userMemory().memory().migrate().migrate(process.mm(), address);
        }

        /// Has the kernel move a page of a file to another frame, if it can. Gives the caller's reference back.
        public void migrate(Folio folio) {
            enter();
            process.node().userMemory().memory().migrate().migrateFilePage(folio);
        }

        /// Has the kernel swap the page at an address out, if it can.
        public void reclaim(long address) {
            enter();
            reclaim().reclaim(process.mm(), address);
        }

        /// {@return what takes pages of the program's machine out of memory}
        public Reclaim reclaim() {
            return process.node().userMemory().memory().reclaim();
        }

        /// {@return the byte at an address}
        public int load(long address) {
            enter();
            return (int) process.node().userMemory().access().load(address, 1);
        }

        /// Writes a byte.
        public void store(long address, int value) {
            enter();
            process.node().userMemory().access().store(address, 1, value);
        }

        /// Writes several bytes at once.
        public void store(long address, int sizeBytes, long value) {
            enter();
            process.node().userMemory().access().store(address, sizeBytes, value);
        }

        /// Fills memory.
        public void fill(long address, long lengthBytes, int value) {
            for (long i = 0; i < lengthBytes; i++) {
                store(address + i, value);
            }
        }
    }
}
