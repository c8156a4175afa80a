package dev.faultline.live.conform;

import static dev.faultline.kernel.uapi.Fcntl.O_APPEND;
import static dev.faultline.kernel.uapi.Fcntl.O_CREAT;
import static dev.faultline.kernel.uapi.Fcntl.O_DIRECT;
import static dev.faultline.kernel.uapi.Fcntl.O_DSYNC;
import static dev.faultline.kernel.uapi.Fcntl.O_EXCL;
import static dev.faultline.kernel.uapi.Fcntl.O_RDONLY;
import static dev.faultline.kernel.uapi.Fcntl.O_RDWR;
import static dev.faultline.kernel.uapi.Fcntl.O_SYNC;
import static dev.faultline.kernel.uapi.Fcntl.O_TRUNC;
import static dev.faultline.kernel.uapi.Fcntl.O_WRONLY;

import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Makes programs: the same one for the same seed.
///
/// A program opens its files in several ways and maps memory and files side by side in a small arena, so that the
/// calls that follow meet mappings of each sort, holes, and memory that is not there.
public final class Generator {
    private static final int MOST_CALLS = 22;
    private static final int PAGE = 4096;
    private static final long MOST_ALLOCATED = 8 * PAGE;
    private static final List<String> NAMES = List.of("f", "g");

    /// Where files of one file system may share blocks, copies do, which the model has not.
    private static final List<String> WHERE_BLOCKS_ARE_SHARED = List.of("xfs", "btrfs");
    private static final List<String> SHARES_BLOCKS = List.of("copy_file_range");

    /// Of programs with pipes or without, with a userfaultfd or without.
    private final List<List<String>> menus = new ArrayList<>();
    private final boolean isTmpfs;

    /// Programs of every call that both sides can make, on a file system of that type.
    public Generator(String fileSystem) {
        boolean shares = WHERE_BLOCKS_ARE_SHARED.contains(fileSystem);
        this.isTmpfs = fileSystem.equals("tmpfs");
        List<String> names = SystemCalls.names().stream().filter(HostCalls::has)
                .filter(name -> !(shares && SHARES_BLOCKS.contains(name))).toList();
        for (boolean pipes : new boolean[] {false, true}) {
            for (boolean faults : new boolean[] {false, true}) {
                menus.add(Weights.of(names.stream()
                        .filter(name -> pipes || !Pipes.CALLS.contains(name))
                        .filter(name -> faults || !Userfaults.CALLS.contains(name)).toList()));
            }
        }
    }

    /// {@return the program of a seed}
    public Program program(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new Draft(random).program();
    }

    /// A program as it is made.
    private final class Draft {
        private final SplittableRandom random;
        private final Values values;
        private final List<Call> made = new ArrayList<>();
        private final Pipes pipes;
        private final boolean hasPipes;
        private final Userfaults userfaults;
        private final List<String> menu;
        private long size;
        private int opened;

        Draft(SplittableRandom random) {
            this.random = random;
            this.values = new Values(random);
            this.pipes = new Pipes(values, () -> values.descriptor(opened));
            this.hasPipes = values.oneIn(4);
            this.userfaults = new Userfaults(values);
            this.menu = menus.get((hasPipes ? 2 : 0) + (values.oneIn(4) ? 1 : 0));
        }

        Program program() {
            List<Program.InitialFile> files = new ArrayList<>();
            int count = 1 + values.below(NAMES.size());
            for (String name : NAMES.subList(0, count)) {
                size = values.below(5) == 0 ? 0 : values.bytes(6000);
                files.add(new Program.InitialFile(name, size, values.oneIn(4) ? Program.InitialFile.HOLE : 'a' + values.below(3)));
            }
            setTheScene();
            int most = made.size() + 3 + values.below(MOST_CALLS);
            while (made.size() < most) {
                made.addAll(calls(name()));
            }
            return new Program(files, made);
        }

        private String name() {
            return menu.get(random.nextInt(menu.size()));
        }

        private void setTheScene() {
            for (int i = 0; hasPipes && i <= values.below(2); i++) {
                made.add(pipe());
            }
            if (hasUserfaults()) {
                if (values.oneIn(2)) {
                    made.add(userfaults.serve(3 + opened++));
                } else {
                    made.add(userfaultfd());
                    made.add(userfaults.api());
                }
            }
            for (int i = 0; i <= values.below(3); i++) {
                made.add(Call.open(NAMES.get(values.below(NAMES.size())), O_RDWR | (values.oneIn(3) ? O_DIRECT : 0)));
                opened++;
            }
            for (int page = values.below(3); page < Program.ARENA_PAGES - 3; page += values.below(3)) {
                int pages = 1 + values.below(5);
                boolean anonymous = values.oneIn(2);
                made.add(Call.of("mmap", Program.ARENA + (long) page * PAGE, (long) pages * PAGE, protection(),
                        Mman.MAP_FIXED | (anonymous ? memoryType() : type()), anonymous ? -1 : descriptor(),
                        anonymous ? 0 : (long) PAGE * values.below(4)));
                if (anonymous || isTmpfs) {
                    userfaults.mapped(new Operand.Range(Program.ARENA + (long) page * PAGE, (long) pages * PAGE));
                }
                page += pages;
            }
            for (int i = 0; i < values.below(3); i++) {
                made.add(fill());
            }
            for (int i = 0; hasUserfaults() && i <= values.below(10); i++) {
                made.add(userfaults.register());
            }
        }

        private boolean hasUserfaults() {
            return menu.contains("userfaultfd");
        }

        private Call userfaultfd() {
            return userfaults.make(3 + opened++);
        }

        private long protection() {
            return values.oneIn(3) ? values.oneOf(Mman.PROT_NONE, Mman.PROT_READ, Mman.PROT_WRITE,
                    Mman.PROT_READ | Mman.PROT_EXEC) : Mman.PROT_READ | Mman.PROT_WRITE;
        }

        private long type() {
            return values.oneIn(2) ? Mman.MAP_SHARED : Mman.MAP_PRIVATE;
        }

        private long memoryType() {
            return Mman.MAP_ANONYMOUS | (values.oneIn(3) ? Mman.MAP_SHARED : Mman.MAP_PRIVATE);
        }

        private long descriptor() {
            if (hasUserfaults() && values.oneIn(12)) {
                return userfaults.descriptor();
            }
            return hasPipes && values.oneIn(4) ? pipes.end() : values.descriptor(opened);
        }

        private Call pipe() {
            Call pipe = pipes.make(3 + opened);
            opened += 2;
            return pipe;
        }

        private Call fill() {
            return Call.of(Call.FILL, values.page() + (values.oneIn(3) ? values.below(PAGE) : 0),
                    1 + Math.min(3 * PAGE, values.bytes(size)), 1 + values.below(90));
        }

        private Call show() {
            return Call.of(Call.SHOW, values.address(), 1 + Math.min(4 * PAGE, values.bytes(size)));
        }

        /// A call of that name, and what may go with it.
        private List<Call> calls(String name) {
            return switch (name) {
                case "read", "pread", "readv", "preadv", "preadv2", "aio_read", "aio_readv" -> List.of(transfer(name));
                case "write", "pwrite", "writev", "pwritev", "pwritev2", "aio_write", "aio_writev" ->
                    values.oneIn(2) ? List.of(fill(), transfer(name)) : List.of(transfer(name));
                case Call.FORK -> child();
                default -> List.of(call(name));
            };
        }

        private List<Call> child() {
            List<Call> child = new ArrayList<>(List.of(Call.of(Call.FORK)));
            for (int left = 1 + values.below(6); left > 0; left--) {
                child.addAll(calls(name()));
            }
            child.add(Call.of(Call.EXIT));
            return child;
        }

        private Call call(String name) {
            return switch (name) {
                case Call.LOAD -> Call.of(Call.LOAD, values.address(), values.oneOf(1, 1, 2, 4, 8));
                case Call.STORE -> Call.of(Call.STORE, values.address(), values.oneOf(1, 1, 2, 4, 8), random.nextLong() >>> 8);
                case Call.FILL -> fill();
                case Call.SHOW -> show();
                case "open" -> open();
                case "close", "fsync", "fdatasync", "dup", "aio_fsync", "aio_fdsync" -> Call.of(name, descriptor());
                case "userfaultfd" -> userfaultfd();
                case "ioctl" -> userfaults.command();
                case "poll" -> userfaults.poll();
                case "memfd_create" -> memfd();
                case "process_vm_readv", "process_vm_writev" -> ofThisProcess(name);
                case "pipe2" -> pipe();
                case "splice", "tee", "vmsplice" -> pipes.call(name, size);
                case "fcntl" -> pipes.fcntl(descriptor());
                case "sendfile" -> Call.of(name, descriptor(), descriptor(), 0, copied());
                case "copy_file_range" -> Call.of(name, descriptor(), 0, descriptor(), 0, copied(),
                        values.oneIn(20) ? 1 : 0);
                case "lseek" -> Call.of(name, descriptor(), values.oneIn(4) ? -values.bytes(size) : values.pos(size),
                        values.oneIn(16) ? values.oneOf(5, -1) : values.below(5));
                case "ftruncate" -> Call.of(name, descriptor(), truncated());
                case "truncate" -> new Call(name, List.of(path(), Operand.of(truncated())));
                case "fallocate" -> Call.of(name, descriptor(), values.oneIn(3) ? 0
                        : values.oneOf(1, 3, 3, 2, 8, 0x10, 0x11, 0x20), values.pos(size), allocated());
                case "sync_file_range" -> Call.of(name, descriptor(), values.pos(size), values.length(size), values.below(9));
                case "mmap" -> mmap();
                case "munmap", "mprotect", "madvise", "msync", "mlock", "munlock", "mincore", "mremap" -> memoryCall(name);
                default -> Call.of(name);
            };
        }

        private long truncated() {
            size = values.pos(size);
            return size;
        }

        /// Some pages: a file of memfd_create(2) would take all memory that there is.
        private long allocated() {
            return Math.min(values.length(size), MOST_ALLOCATED);
        }

        /// A file may be as long as there are numbers, and all of it would really be copied.
        private long copied() {
            return Math.min(values.bytes(size), MOST_ALLOCATED);
        }

        private Operand path() {
            return new Operand.Path(values.oneIn(12) ? "none" : NAMES.get(values.below(NAMES.size())));
        }

        private Call open() {
            opened = Math.min(opened + 1, 6);
            long flags = values.oneOf(O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR)
                    | values.someOf(O_CREAT, O_APPEND, O_TRUNC, O_DIRECT, O_DIRECT, O_DSYNC, O_SYNC)
                    | (values.oneIn(10) ? O_CREAT | O_EXCL : 0);
            return new Call("open", List.of(path(), Operand.of(flags), Operand.of(0600)));
        }

        private Call memfd() {
            opened = Math.min(opened + 1, 6);
            return new Call("memfd_create", List.of(new Operand.Path(NAMES.getFirst()),
                    Operand.of(values.someOf(1, 2, 2) | (values.oneIn(20) ? 0x100 : 0))));
        }

        /// A copy from this process to itself, or of one that there is not.
        private Call ofThisProcess(String name) {
            List<Operand> operands = new ArrayList<>();
            operands.add(values.oneIn(25) ? Operand.of(values.oneOf(-1, 1L << 31)) : new Operand.Self());
            vector(operands);
            vector(operands);
            operands.add(Operand.of(values.oneIn(25) ? 1 : 0));
            return new Call(name, operands);
        }

        private Call mmap() {
            Operand.Range range = values.pages();
            boolean anonymous = values.oneIn(3);
            long flags = (values.oneIn(20) ? values.oneOf(0, Mman.MAP_SHARED_VALIDATE, 4, Mman.MAP_SHARED_VALIDATE | 0x400000)
                    : anonymous ? memoryType() : type())
                    | (values.oneIn(8) ? values.oneOf(0, Mman.MAP_FIXED_NOREPLACE) : Mman.MAP_FIXED)
                    | (values.oneIn(8) ? Mman.MAP_POPULATE : 0);
            long offset = values.oneIn(25) ? values.pos(size) : (long) PAGE * values.below(5);
            return Call.of("mmap", range.address(), range.lengthBytes(), protection(), flags,
                    anonymous && !values.oneIn(4) ? -1 : descriptor(), offset);
        }

        private Call memoryCall(String name) {
            boolean checked = name.equals("munmap") || name.equals("mincore");
            Operand.Range range = checked ? values.pages() : values.pagesOfTheArena();
            List<Operand> operands = new ArrayList<>();
            operands.add(Operand.of(range.address()));
            operands.add(Operand.of(range.lengthBytes()));
            switch (name) {
                case "mprotect" -> operands.add(Operand.of(values.oneIn(30) ? 0x10 : protection()));
                case "madvise" -> operands.add(Operand.of(values.oneOf(4, 4, 4, 0, 1, 2, 3, 8, 9, 9, 10, 11, 18, 19, 20, 21, 22, 23, 24, 99)));
                case "msync" -> operands.add(Operand.of(values.oneIn(6) ? values.below(16) : values.oneOf(1, 4, 4)));
                case "mincore" -> operands.add(new Operand.Out(64));
                case "mremap" -> {
                    operands.set(1, Operand.of((long) PAGE * (1 + values.below(6))));
                    operands.add(Operand.of(values.oneIn(20) ? 0 : (long) PAGE * (1 + values.below(6))));
                    operands.add(Operand.of(values.oneOf(0, 1, 3, 3, 3, 5, 7, 8)));
                    operands.add(Operand.of(values.page()));
                }
                default -> { }
            }
            return new Call(name, operands);
        }

        private Call transfer(String name) {
            List<Operand> operands = new ArrayList<>();
            operands.add(Operand.of(descriptor()));
            if (name.matches(".*v2?")) {
                vector(operands);
            } else {
                operands.add(Operand.of(values.address()));
                operands.add(Operand.of(values.length(size)));
            }
            boolean request = Call.REQUESTS.containsKey(name);
            if (name.startsWith("p") || request) {
                operands.add(Operand.of(values.pos(size)));
            }
            if (name.endsWith("2") || request) {
                operands.add(Operand.of(values.oneIn(2) ? 0 : values.someOf(1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80)));
            }
            return new Call(name, operands);
        }

        private void vector(List<Operand> operands) {
            List<Operand.Range> ranges = new ArrayList<>();
            for (int i = 0; i < 1 + values.below(4); i++) {
                ranges.add(new Operand.Range(values.address(), values.length(size)));
            }
            long count = values.oneIn(25) ? values.oneOf(0, -1, 1025, 1L << 32) : ranges.size();
            operands.add(values.oneIn(25) ? Operand.of(values.address()) : new Operand.Vector(ranges));
            operands.add(Operand.of(count));
        }
    }
}
