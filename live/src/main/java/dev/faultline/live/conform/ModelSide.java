package dev.faultline.live.conform;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.btrfs.Btrfs;
import dev.faultline.kernel.fs.ext4.Ext4;
import dev.faultline.kernel.fs.ramfs.Ramfs;
import dev.faultline.kernel.fs.tmpfs.Tmpfs;
import dev.faultline.kernel.fs.xfs.Xfs;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.ProcessCalls;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// Programs on the model kernel.
public final class ModelSide {
    private static final long STEP_BOUND = 20_000_000;
    /// That there is one is what programs can tell: they fill none.
    private static final long LIMIT_BYTES = 1L << 34;
    private static final String MOUNT_POINT = "/mnt";

    private final String fileSystem;
    private final Worker worker = new Worker();

    /// Programs in the folder of a file system of that type.
    ///
    /// @throws IllegalArgumentException if the model has none; [#fileSystems] says which it has
    public ModelSide(String fileSystem) {
        if (!fileSystems().contains(fileSystem)) {
            throw new IllegalArgumentException("the model has no " + fileSystem);
        }
        this.fileSystem = fileSystem;
    }

    /// {@return the types of file systems that programs can run on}
    public static List<String> fileSystems() {
        return List.of("ext4", "tmpfs", "xfs", "btrfs", "ramfs");
    }

    String fileSystem() {
        return fileSystem;
    }

    /// What a program came to.
    ///
    /// @param answers one a call that was made
    /// @param wrong   what the model found wrong, in words: a leak, a failed assertion of its own
    public record Result(List<Answer> answers, List<String> wrong) {}

    /// A program that runs.
    final class Running {
        private final List<Answer> answers = Collections.synchronizedList(new ArrayList<>());
        private final AtomicBoolean isUnwanted = new AtomicBoolean();
        private final Worker.Work<List<String>> work;

        private Running(Program program) {
            work = worker.begin(() -> run(program, answers, isUnwanted::get));
        }

        /// {@return what it came to}
        ///
        /// @param stop whether the rest of it is not wanted
        Result result(BooleanSupplier stop) {
            Optional<List<String>> wrong = work.await(Limits.MOST_MILLIS, stop, () -> isUnwanted.set(true));
            synchronized (answers) {
                return new Result(List.copyOf(answers), wrong.filter(_ -> !isUnwanted.get())
                        .orElseGet(() -> List.of(Limits.noEnd(work.millis()))));
            }
        }
    }

    /// Begins with a program, its closing look included.
    Running begin(Program program) {
        return new Running(program);
    }

    /// Runs a program, its closing look included.
    public Result run(Program program) {
        return begin(program).result(() -> false);
    }

    /// Runs a program, its closing look included, on the thread that asks for it, until `stop` says so.
    public Result runHere(Program program, BooleanSupplier stop) {
        List<Answer> answers = new ArrayList<>();
        List<String> wrong = run(program, answers, stop);
        return new Result(answers, wrong);
    }

    /// {@return what is wrong}
    private List<String> run(Program program, List<Answer> answers, BooleanSupplier isUnwanted) {
        Machine machine = new Machine(STEP_BOUND, null);
        Kernel kernel = new Kernel(machine, Parts.TODAY, 1);
        kernel.mount(MOUNT_POINT, List.of(mounted(kernel)));
        for (Program.InitialFile file : program.files()) {
            kernel.format(MOUNT_POINT + "/" + file.name(), file.sizeBytes(), file.fill() == Program.InitialFile.HOLE
                    ? Optional.empty() : Optional.of((byte) file.fill()));
        }
        machine.startPhase();
        machine.spawn("program", () -> {
            Run run = new Run(kernel);
            program.withLook().forEach(call -> answers.add(run.answer(call)));
            run.end();
            kernel.checkQuiescent();
        });
        return wrong(machine, machine.run(inOrderUntil(isUnwanted)));
    }

    private static Scheduler inOrderUntil(BooleanSupplier isUnwanted) {
        return new Scheduler() {
            @Override
            public int next(Machine machine) {
                return isUnwanted.getAsBoolean() ? ABANDON : SEQUENTIAL.next(machine);
            }

            @Override
            public int choose(Machine machine, int alternatives) {
                return SEQUENTIAL.choose(machine, alternatives);
            }
        };
    }

    private FileSystem mounted(Kernel kernel) {
        return switch (fileSystem) {
            case "ext4" -> new Ext4(kernel.nodes().getFirst(), MOUNT_POINT);
            case "tmpfs" -> new Tmpfs(kernel.nodes().getFirst(), MOUNT_POINT, OptionalLong.of(LIMIT_BYTES));
            case "ramfs" -> new Ramfs(kernel.nodes().getFirst(), MOUNT_POINT);
            case "btrfs" -> new Btrfs(kernel.nodes().getFirst(), MOUNT_POINT, true);
            case "xfs" -> new Xfs(kernel.nodes().getFirst(), MOUNT_POINT);
            default -> throw new IllegalArgumentException("the model has no " + fileSystem);
        };
    }

    private static List<String> wrong(Machine machine, Ending ending) {
        List<String> wrong = new ArrayList<>();
        machine.findings().forEach(finding -> wrong.add(finding.kind() + ": " + finding.summary()));
        if (ending == Ending.CRASH) {
            Throwable crash = machine.crash();
            wrong.add("the model failed: " + crash
                    + Arrays.stream(crash.getStackTrace()).findFirst().map(place -> " at " + place).orElse(""));
        } else if (ending != Ending.DONE && ending != Ending.FINDING) {
            wrong.add("the program ended with " + ending);
        }
        return wrong;
    }

    /// One program as it runs.
    private static final class Run {
        private final Kernel kernel;
        private final SystemCalls calls;
        private Process process;
        private Optional<Process> parent = Optional.empty();
        private final List<FaultServer> servers = new ArrayList<>();
        private long scratchUsed;

        Run(Kernel kernel) {
            this.kernel = kernel;
            this.calls = new SystemCalls(kernel);
            this.process = kernel.process(1, "program");
            process.enter();
            process.mapSegment(Program.SCRATCH, new byte[Program.SCRATCH_BYTES], true);
        }

        private UserAccess memory() {
            return process.node().userMemory().access();
        }

        Answer answer(Call call) {
            return switch (call.name()) {
                case Call.FORK -> fork();
                case Call.EXIT -> exit();
                case Call.SERVE -> serve(call);
                default -> call.isAccess() ? access(call) : call.isRequest() ? request(call) : systemCall(call);
            };
        }

        private Answer fork() {
            if (parent.isEmpty()) {
                parent = Optional.of(process);
                process = ProcessCalls.fork(kernel, process);
                process.enter();
            }
            return Answer.value(0);
        }

        private Answer exit() {
            if (parent.isPresent()) {
                ProcessCalls.exit(process, 0);
                process = parent.get();
                parent = Optional.empty();
                process.enter();
                calls.get("wait").invoke(process, new long[6]);
            }
            return Answer.value(0);
        }

        /// As the interpreter does it: one after the other, and nothing is left if the second is refused.
        private Answer serve(Call call) {
            scratchUsed = 0;
            if (!(calls.get("userfaultfd").invoke(process, new long[] {call.number(0)}) instanceof SysResult.Ok(long fd))) {
                return Answer.error(Errno.EINVAL.number());
            }
            long argument = words(List.of(Uffd.API, call.number(1), 0L));
            if (calls.get("ioctl").invoke(process, new long[] {fd, Uffd.IOC_API, argument}) instanceof SysResult.Err(Errno errno)) {
                calls.get("close").invoke(process, new long[] {fd});
                return Answer.error(errno.number());
            }
            FaultServer server = new FaultServer(process, process.holdFile((int) fd).orElseThrow());
            servers.add(server);
            process.node().machine().spawnDaemon("fault server", server);
            return Answer.value(fd);
        }

        void end() {
            servers.forEach(FaultServer::end);
        }

        /// As the interpreter does it: a context of its own, which goes when the request is over.
        private Answer request(Call call) {
            long[] values = registers(call, new ArrayList<>(), new ArrayList<>());
            long context = words(List.of(0L));
            if (calls.get("io_setup").invoke(process, new long[] {1, context}) instanceof SysResult.Err(Errno errno)) {
                return Answer.error(errno.number());
            }
            long id = memory().load(context, 8);
            try {
                return submit(id, words(List.of(0L, values[4] << 32, call.command() | values[0] << 32, values[1],
                        values[2], values[3], 0L, 0L)));
            } catch (SignalRaised raised) {
                return new Answer(0, 0, raised.signal().number(), "-");
            } finally {
                calls.get("io_destroy").invoke(process, new long[] {id});
            }
        }

        private Answer submit(long context, long iocb) {
            long[] arguments = {context, 1, words(List.of(iocb))};
            if (calls.get("io_submit").invoke(process, arguments) instanceof SysResult.Err(Errno errno)) {
                return Answer.error(errno.number());
            }
            long event = words(List.of(0L, 0L, 0L, 0L));
            calls.get("io_getevents").invoke(process, new long[] {context, 1, 1, event, 0});
            long result = memory().load(event + 16, 8);
            return result < 0 ? Answer.error((int) -result) : Answer.value(result);
        }

        private Answer systemCall(Call call) {
            List<Operand.Range> always = new ArrayList<>();
            List<Operand.Range> onSuccess = new ArrayList<>();
            long[] values = registers(call, always, onSuccess);
            try {
                return switch (calls.get(call.name()).invoke(process, values)) {
                    case SysResult.Ok(long value) -> {
                        onSuccess.addAll(always);
                        yield new Answer(HostSide.normal(call, value), 0, 0, shown(onSuccess));
                    }
                    case SysResult.Err(Errno errno) -> new Answer(-1, errno.number(), 0, shown(always));
                };
            } catch (SignalRaised raised) {
                return new Answer(0, 0, raised.signal().number(), "-");
            }
        }

        /// {@return what the registers of a call hold}
        ///
        /// @param always    gets the memory of which the answer tells
        /// @param onSuccess gets that of which it tells if the call goes well
        private long[] registers(Call call, List<Operand.Range> always, List<Operand.Range> onSuccess) {
            scratchUsed = 0;
            long[] values = new long[Math.max(6, call.operands().size())];
            for (int i = 0; i < call.operands().size(); i++) {
                switch (call.operands().get(i)) {
                    case Operand.Number(long value) -> values[i] = value;
                    case Operand.Self _ -> values[i] = process.pid();
                    case Operand.Path(String name) -> values[i] = string(MOUNT_POINT + "/" + name);
                    case Operand.Vector(List<Operand.Range> ranges) -> values[i] = vector(ranges);
                    case Operand.Out(int lengthBytes) -> {
                        values[i] = zeroed(lengthBytes);
                        onSuccess.add(new Operand.Range(values[i], lengthBytes));
                    }
                    case Operand.Words(List<Long> words) -> {
                        values[i] = words(words);
                        always.add(new Operand.Range(values[i], 8L * words.size()));
                    }
                }
            }
            return values;
        }

        private long scratch(long lengthBytes) {
            long part = Program.SCRATCH + scratchUsed;
            scratchUsed += lengthBytes + 15 & -16;
            return part;
        }

        private long string(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            long address = scratch(bytes.length + 1L);
            for (int i = 0; i < bytes.length; i++) {
                memory().store(address + i, 1, bytes[i]);
            }
            memory().store(address + bytes.length, 1, 0);
            return address;
        }

        private long vector(List<Operand.Range> ranges) {
            long address = scratch(16L * ranges.size());
            for (int i = 0; i < ranges.size(); i++) {
                memory().store(address + 16L * i, 8, ranges.get(i).address());
                memory().store(address + 16L * i + 8, 8, ranges.get(i).lengthBytes());
            }
            return address;
        }

        private long zeroed(int lengthBytes) {
            long address = scratch(lengthBytes);
            for (int i = 0; i < lengthBytes; i++) {
                memory().store(address + i, 1, 0);
            }
            return address;
        }

        private long words(List<Long> values) {
            long address = scratch(8L * values.size());
            for (int i = 0; i < values.size(); i++) {
                memory().store(address + 8L * i, 8, values.get(i));
            }
            return address;
        }

        private String shown(List<Operand.Range> ranges) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            ranges.forEach(range -> all.writeBytes(show(range.address(), (int) range.lengthBytes()).shown()));
            return Answer.show(all.toByteArray(), all.size());
        }

        private Answer access(Call call) {
            long address = call.number(0);
            return switch (call.name()) {
                case Call.LOAD -> load(address, (int) call.number(1));
                case Call.STORE -> store(address, (int) call.number(1), call.number(2));
                case Call.FILL -> fill(address, (int) call.number(1), (int) call.number(2));
                default -> show(address, (int) call.number(1));
            };
        }

        private Answer load(long address, int sizeBytes) {
            try {
                int unused = 64 - 8 * sizeBytes;
                return Answer.value(memory().load(address, sizeBytes) << unused >> unused);
            } catch (SignalRaised raised) {
                return new Answer(0, 0, raised.signal().number(), "-");
            }
        }

        private Answer store(long address, int sizeBytes, long value) {
            try {
                memory().store(address, sizeBytes, value);
                return Answer.value(0);
            } catch (SignalRaised raised) {
                return new Answer(0, 0, raised.signal().number(), "-");
            }
        }

        /// Of each page the first byte as the program stores it, for the signal; the others as cheaply as can be.
        private Answer fill(long address, int lengthBytes, int value) {
            try {
                for (int done = 0; done < lengthBytes;) {
                    int part = partOfPage(address + done, lengthBytes - done);
                    Content bytes = new Content((byte) 0);
                    for (int i = 0; i < part; i++) {
                        bytes.store(i, 1, value + (done + i) / 256);
                    }
                    memory().store(address + done, 1, bytes.get(0));
                    memory().copyToUser(address + done, bytes, 0, part);
                    done += part;
                }
                return Answer.value(0);
            } catch (SignalRaised raised) {
                return new Answer(0, 0, raised.signal().number(), "-");
            }
        }

        private Answer show(long address, int lengthBytes) {
            byte[] shown = new byte[lengthBytes];
            int done = 0;
            try {
                while (done < lengthBytes) {
                    int part = partOfPage(address + done, lengthBytes - done);
                    memory().load(address + done, 1);
                    Content bytes = new Content((byte) 0);
                    memory().copyFromUser(bytes, 0, address + done, part);
                    for (int i = 0; i < part; i++) {
                        shown[done + i] = bytes.get(i);
                    }
                    done += part;
                }
                return new Answer(0, 0, 0, Answer.show(shown, done));
            } catch (SignalRaised raised) {
                return new Answer(0, 0, raised.signal().number(), Answer.show(shown, done));
            }
        }

        private static int partOfPage(long address, int lengthBytes) {
            return (int) Math.min(lengthBytes, Content.SIZE - address % Content.SIZE);
        }
    }
}
