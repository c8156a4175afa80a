package dev.faultline.kernel.syscall;

import dev.faultline.kernel.daemon.Daemons;
import dev.faultline.kernel.daemon.DirectReclaim;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.chardev.MemoryDevice;
import dev.faultline.kernel.fs.hugetlbfs.HugetlbMount;
import dev.faultline.kernel.fs.tmpfs.ShmMount;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Mapping;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Swap;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmaChange;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uffd.Userfaultfds;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// The machines of a test: one kernel a node, what is mounted on them, and the processes that run there.
public final class Kernel {
    private static final int FIRST_PID = 1000;

    private final Machine machine;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Mount> mounts = new ArrayList<>();
    private final List<TreeMap<String, Inode>> devices = new ArrayList<>();
    private final List<ShmMount> shmMounts = new ArrayList<>();
    private final List<HugetlbMount> hugetlbMounts = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final Cell lastPid;
    private final Userfaultfds userfaults = new Userfaultfds();
    private final List<Folio> reserved = new ArrayList<>();

    /// A file system mounted on every node.
    ///
    /// @param path the mount point, without a slash at the end
    /// @param onNode the file system as each node knows it; node 1 first
    private record Mount(String path, List<FileSystem> onNode) {}

    /// Boots `nodeCount` ≥ 1 machines.
    public Kernel(Machine machine, Parts parts, int nodeCount) {
        this.machine = machine;
        this.lastPid = new Cell(machine, "last pid", "", FIRST_PID);
        for (int number = 1; number <= nodeCount; number++) {
            Node node = Node.boot(machine, number, parts);
            nodes.add(node);
            devices.add(new TreeMap<>());
            shmMounts.add(new ShmMount(node));
            hugetlbMounts.add(new HugetlbMount(node));
            reserved.add(node.userMemory().memory().zeroPage());
        }
    }

    /// {@return the machine that runs everything}
    public Machine machine() {
        return machine;
    }

    /// {@return the nodes, number 1 first}
    public List<Node> nodes() {
        return nodes;
    }

    /// {@return every userfaultfd that was opened}
    Userfaultfds userfaults() {
        return userfaults;
    }

    /// {@return the memory of a node that is shared and has no name}
    ShmMount shmMount(Node node) {
        return shmMounts.get(node.number() - 1);
    }

    /// {@return the files of huge pages of a node}
    HugetlbMount hugetlbMount(Node node) {
        return hugetlbMounts.get(node.number() - 1);
    }

    /// Gives every machine a swap device, if it has at least one slot. Before anything runs.
    public void swapOn(int slots) {
        if (slots > 0) {
            nodes.forEach(node -> node.userMemory().memory().swap().swapOn(slots));
        }
    }

    /// Mounts a file system.
    ///
    /// @param onNode the file system as each node knows it; node 1 first
    public void mount(String path, List<FileSystem> onNode) {
        mounts.add(new Mount(path, List.copyOf(onNode)));
    }

    /// Makes a device node, on every machine its own.
    ///
    /// @param sort [VmFlag#PFNMAP] or [VmFlag#IO]
    public void device(String path, VmFlag sort) {
        for (Node node : nodes) {
            devices.get(node.number() - 1).put(path, new MemoryDevice(node, path, sort));
        }
    }

    /// Makes a device node on one machine.
    public void device(Node node, String path, Inode inode) {
        devices.get(node.number() - 1).put(path, inode);
    }

    /// Puts a file onto the disk of the file system that `path` lies in. Before anything runs.
    ///
    /// @return whether there is such a file system
    public boolean format(String path, long sizeBytes, Optional<Byte> fill) {
        Optional<Mount> mount = mountOf(path);
        mount.ifPresent(m -> m.onNode().getFirst().format(below(m, path), sizeBytes, fill));
        return mount.isPresent();
    }

    /// Starts a process on a node.
    ///
    /// @param node its number, from 1
    public Process process(int node, String name) {
        Process process = new Process(nodes.get(node - 1), name, FIRST_PID + processes.size(), Optional.empty());
        lastPid.pokeUnseen(process.pid());
        processes.add(process);
        return process;
    }

    /// {@return the daemons of a node, which act on the files and the programs that there are now}
    public Daemons daemons(Node node) {
        int index = node.number() - 1;
        return new Daemons(node,
                mounts.stream().flatMap(mount -> mount.onNode().get(index).inodes().stream()).toList(),
                programs(node));
    }

    /// Leaves every machine so many page frames, those in use included.
    ///
    /// @return whether there are that many in use at most
    public boolean limitMemory(int frames) {
        boolean enough = true;
        for (Node node : nodes) {
            enough &= node.physical().limit(frames, new DirectReclaim(node, () -> programs(node)));
        }
        return enough;
    }

    private List<Mm> programs(Node node) {
        return processes.stream().filter(process -> process.node() == node).map(Process::mm).toList();
    }

    /// {@return the process with that number on a node, if it has not been waited for}
    Optional<Process> process(Node node, int pid) {
        return processes.stream().filter(process -> process.node() == node && process.pid() == pid).findFirst();
    }

    /// {@return a number for a new process} One step.
    int newPid() {
        return (int) lastPid.addAndGet(1);
    }

    Process child(Process parent, int pid) {
        Process child = new Process(parent.node(), parent + ", child " + pid, pid, Optional.of(parent));
        processes.add(child);
        return child;
    }

    /// {@return the file with that absolute path, as `node` knows it}
    ///
    /// @param openFlags O_CREAT asks for a new one where there is none, with O_EXCL for nothing but a new one
    @Models(file = "fs/namei.c", symbol = "lookup_open")
    FileSystem.Lookup lookup(Node node, String path, int openFlags) {
        boolean create = (openFlags & Fcntl.O_CREAT) != 0;
        boolean exclusive = create && (openFlags & Fcntl.O_EXCL) != 0;
        FileSystem.Lookup found = lookup(node, path);
        Optional<Mount> mount = mountOf(path);
        if (create && mount.isPresent() && isError(found, Errno.ENOENT)) {
            FileSystem.Lookup made = on(node, mount.get()).create(below(mount.get(), path));
            return exclusive || !isError(made, Errno.EEXIST) ? made : lookup(node, path);
        }
        return exclusive && found instanceof FileSystem.Lookup.Found ? new FileSystem.Lookup.Failed(Errno.EEXIST) : found;
    }

    private static boolean isError(FileSystem.Lookup lookup, Errno error) {
        return lookup instanceof FileSystem.Lookup.Failed(Errno errno) && errno == error;
    }

    private static FileSystem on(Node node, Mount mount) {
        return mount.onNode().get(node.number() - 1);
    }

    private FileSystem.Lookup lookup(Node node, String path) {
        if (path.equals(Userfaultfds.DEVICE)) {
            return new FileSystem.Lookup.Found(userfaults.device(node));
        }
        Inode device = devices.get(node.number() - 1).get(path);
        if (device != null) {
            return new FileSystem.Lookup.Found(device);
        }
        Optional<Mount> mount = mountOf(path);
        return mount.isEmpty() ? new FileSystem.Lookup.Failed(Errno.ENOENT)
                : on(node, mount.get()).lookup(below(mount.get(), path));
    }

    /// {@return where the file system is mounted that `path` lies in; nothing for those of the kernel}
    String mountPoint(String path) {
        return mountOf(path).map(Mount::path).orElse("");
    }

    private Optional<Mount> mountOf(String path) {
        return mounts.stream()
                .filter(mount -> path.startsWith(mount.path() + "/"))
                .max((a, b) -> Integer.compare(a.path().length(), b.path().length()));
    }

    private static String below(Mount mount, String path) {
        return path.substring(mount.path().length() + 1);
    }

    /// Ends every process and reports what nobody owns any more: runs alone, at the end of an execution.
    public void checkQuiescent() {
        for (Process process : processes) {
            process.enter();
            checkReverseMaps(process.mm());
            VmaChange.exitMmap(process.mm());
            checkCounts(process.mm());
        }
        processes.forEach(Process::closeAll);
        userfaults.leaks().forEach(leak -> machine.report(Kind.LEAK, leak));
        for (Mount mount : mounts) {
            mount.onNode().forEach(fileSystem -> report(fileSystem.checkQuiescent()));
        }
        shmMounts.forEach(shm -> report(shm.checkQuiescent()));
        hugetlbMounts.forEach(hugetlb -> report(hugetlb.checkQuiescent()));
        nodes.forEach(this::checkSwap);
        nodes.forEach(this::checkFolios);
    }

    private void checkReverseMaps(Mm mm) {
        mm.unfindable().forEach(folio -> machine.report(Kind.BUG, folio + " is mapped by " + mm.name()
                + " where its reverse map does not look for it: it can never leave memory"));
    }

    @Models(file = "kernel/fork.c", symbol = "check_mm")
    private void checkCounts(Mm mm) {
        if (mm.miscounted() != 0) {
            machine.report(Kind.BUG, "bad rss-counter state of " + mm.name() + ": " + mm.miscounted()
                    + " pages were added to one count and taken off another");
        }
    }

    private void report(List<Finding> findings) {
        findings.forEach(found -> machine.report(found.kind(), found.summary()));
    }

    private void checkSwap(Node node) {
        Swap swap = node.userMemory().memory().swap();
        swap.dropUnused();
        if (swap.isOn() && swap.device().slotsInUse() > 0) {
            machine.report(Kind.LEAK, swap.device().slotsInUse() + " swap slots are in use at the end; nobody owns them");
        }
    }

    private void checkFolios(Node node) {
        for (Folio folio : node.physical().inUse()) {
            Optional<Mapping> mapping = folio.mapping();
            boolean cached = mapping.isPresent() && mapping.get() instanceof AddressSpace space
                    && space.peek(folio.index()).filter(known -> known == folio).isPresent();
            boolean device = devices.get(node.number() - 1).values().stream()
                    .anyMatch(inode -> inode instanceof MemoryDevice memory && memory.owns(folio));
            int owned = cached || device || reserved.contains(folio) ? 1 : 0;
            if (folio.peekReferenceCount() != owned) {
                machine.report(Kind.LEAK, folio + " has " + folio.peekReferenceCount() + " references at the end; "
                        + owned + " are owned");
            }
        }
    }
}
