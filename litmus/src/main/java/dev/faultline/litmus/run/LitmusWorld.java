package dev.faultline.litmus.run;

import dev.faultline.kernel.daemon.Daemons;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.ProcessCalls;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.setup.Adversary;
import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.DataImage;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Local;
import dev.faultline.litmus.types.Placement;
import dev.faultline.litmus.types.Program;
import dev.faultline.litmus.types.Segment;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// One execution of a litmus test: its machines, its processes, and the frames of its bodies.
final class LitmusWorld implements dev.faultline.machine.schedule.Program.World {
    private final LitmusProgram program;
    private final Machine machine;
    private final Kernel kernel;
    private final SystemCalls calls;
    private final TreeMap<Home, Process> processes = new TreeMap<>();
    private final TreeMap<String, Frame> frames = new TreeMap<>();
    private Outcome outcome = Outcome.NONE;

    /// Which process on which node a body runs in: a process cannot be on two.
    private record Home(int node, int process) implements Comparable<Home> {
        static final Home FIRST = new Home(1, 0);

        static Home of(Placement placement) {
            return new Home(placement.node(), placement.process());
        }

        @Override
        public int compareTo(Home other) {
            return node != other.node ? Integer.compare(node, other.node) : Integer.compare(process, other.process);
        }
    }

    LitmusWorld(LitmusProgram program, Machine machine) {
        this.program = program;
        this.machine = machine;
        this.kernel = Setup.boot(program.test(), program.parts(), machine);
        this.calls = new SystemCalls(kernel);
    }

    private LitmusTest test() {
        return program.test();
    }

    @Override
    public void setUp() {
        process(Home.FIRST);
        for (Body thread : test().program().threads()) {
            process(Home.of(thread.placement()));
        }
        for (Body thread : test().program().threads()) {
            frame(thread);
        }
        test().machine().memoryPages().ifPresent(this::limitMemory);
        program.init().ifPresent(code -> run(test().program().init().orElseThrow(), code, false));
        Frame init = frames.get("init");
        if (init != null && init.signal().isPresent()) {
            throw machine.finding(Kind.BUG, "init was ended by " + init.signal().get());
        }
    }

    private void limitMemory(int pages) {
        if (!kernel.limitMemory(pages)) {
            throw machine.finding(Kind.BUG, "the programs alone need more than " + pages + " pages of memory");
        }
    }

    private Process process(Home home) {
        Process known = processes.get(home);
        if (known != null) {
            return known;
        }
        Program code = test().program();
        String name = code.processes().get(home.process());
        String label = "process " + (name.isEmpty() ? "a" : name) + (kernel.nodes().size() > 1 ? " on node " + home.node() : "");
        Process process = kernel.process(home.node(), label);
        processes.put(home, process);
        process.enter();
        process.mapSegment(Process.DATA_START, relocated(code.data()), true);
        process.mapSegment(Frame.READ_ONLY_START, relocated(code.readOnly()), false);
        return process;
    }

    private static byte[] relocated(DataImage image) {
        byte[] bytes = image.content().toArray();
        for (DataImage.Relocation relocation : image.relocations()) {
            long base = relocation.target() == Segment.DATA ? Process.DATA_START : Frame.READ_ONLY_START;
            long address = base + relocation.addend();
            for (int i = 0; i < 8; i++) {
                bytes[(int) relocation.offset() + i] = (byte) (address >>> 8 * i);
            }
        }
        return bytes;
    }

    private Frame frame(Body body) {
        Process process = process(Home.of(body.placement()));
        long stackBase = body.stackBytes() == 0 ? 0 : process.mapStack() - body.stackBytes();
        Frame frame = new Frame(kernel, calls, process, body.name(), body.registers(), stackBase,
                parent -> fork(body, parent));
        frames.put(body.name(), frame);
        return frame;
    }

    private void run(Body body, Action code, boolean isThread) {
        Frame known = frames.get(body.name());
        Frame frame = known == null ? frame(body) : known;
        if (isThread) {
            frame.process().enter(processor(body));
        } else {
            frame.process().enter();
        }
        try {
            code.run(frame);
        } catch (SignalRaised raised) {
            frame.endedBy(raised.signal());
        }
    }

    private long fork(Body body, Frame parent) {
        Process process = ProcessCalls.fork(kernel, parent.process());
        Frame frame = parent.forked(process);
        machine.spawn(body.name() + ", process " + process.pid(), () -> runChild(body, frame));
        return process.pid();
    }

    /// {@return the processor that the running task is on: the one that the body is pinned to, else one of its own as
    /// long as there are enough}
    private int processor(Body body) {
        int processors = test().machine().cpus().orElse(64);
        return body.placement().cpu().orElse(machine.current().id() % processors);
    }

    private void runChild(Body body, Frame frame) {
        frame.process().enter(processor(body));
        int status = 0;
        try {
            program.code(body).run(frame);
        } catch (SignalRaised raised) {
            status = raised.signal().number();
        } catch (Exited exited) {
            status = (exited.status() & 0xff) << 8;
        }
        ProcessCalls.exit(frame.process(), status);
    }

    @Override
    public void spawnTasks() {
        List<Body> bodies = test().program().threads();
        for (int i = 0; i < bodies.size(); i++) {
            Body body = bodies.get(i);
            Action code = program.threads().get(i);
            machine.spawn(body.name(), () -> run(body, code, true));
        }
        for (Node node : kernel.nodes()) {
            Daemons daemons = kernel.daemons(node);
            test().machine().adversaries().forEach(adversary -> start(daemons, adversary));
        }
    }

    private static void start(Daemons daemons, Adversary adversary) {
        switch (adversary.kind()) {
            case RECLAIM -> daemons.kswapd(adversary.most());
            case WRITEBACK -> daemons.flusher(adversary.most());
            case MIGRATE -> daemons.kcompactd(adversary.most());
            case KHUGEPAGED -> daemons.khugepaged(adversary.most());
        }
    }

    @Override
    public void finish() {
        program.last().ifPresent(code -> run(test().program().last().orElseThrow(), code, false));
        List<Long> values = new ArrayList<>();
        for (Observable observable : test().observables()) {
            values.add(value(observable));
        }
        outcome = new Outcome(values);
        kernel.checkQuiescent();
    }

    private long value(Observable observable) {
        return switch (observable) {
            case Observable.OfErrno of -> frameOf(of.body()).errno();
            case Observable.OfSignal of -> frameOf(of.body()).signal().map(Signal::number).orElse(0);
            case Observable.OfGlobal of ->
                load(process(Home.FIRST), Process.DATA_START + of.global().offset() + of.offset(), of.type());
            case Observable.OfLocal of -> switch (of.local().storage()) {
                case Local.Storage.Register(int slot) -> frameOf(of.body()).register(slot);
                case Local.Storage.Stack(long offset) -> {
                    Frame frame = frameOf(of.body());
                    yield load(frame.process(), frame.address(Segment.STACK, offset + of.offset()), of.type());
                }
            };
        };
    }

    /// {@return the frame of a body that ran}
    private Frame frameOf(String body) {
        return Optional.ofNullable(frames.get(body)).orElseThrow();
    }

    /// {@return a scalar in the memory of a process; 0 where the program has unmapped it}
    private static long load(Process process, long address, CType type) {
        process.enter();
        UserAccess memory = process.node().userMemory().access();
        try {
            long raw = memory.load(address, (int) type.size());
            return type instanceof IntegerType integer ? integer.normalise(raw) : raw;
        } catch (SignalRaised unmapped) {
            return 0;
        }
    }

    @Override
    public Outcome outcome() {
        return outcome;
    }
}
