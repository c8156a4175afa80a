package dev.faultline.litmus.run;

import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.litmus.types.Segment;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongSupplier;

/// One body while it runs: its registers, its `errno`, and where its memory lies.
final class Frame {
    /// Where string literals lie.
    static final long READ_ONLY_START = 0x5555_5555_0000L;

    private final Kernel kernel;
    private final SystemCalls calls;
    private final Process process;
    private final long[] registers;
    private final long stackBase;
    private final String body;
    private long errno;
    private Optional<Signal> signal = Optional.empty();
    private final ProgramMemory memory;
    private final Forks forks;

    /// What every load and call came to, each with `errno` behind it: a child that is forked runs the body from its
    /// start, and is given these until it has come to where its parent stood.
    private long[] effects = new long[16];

    private int effectCount;
    private int inherited;
    private int replayed;

    /// Starts children.
    interface Forks {
        /// Forks the process of a body that stands at a fork.
        ///
        /// @return the number of the child
        long fork(Frame parent);
    }

    Frame(Kernel kernel, SystemCalls calls, Process process, String body, int registers, long stackBase, Forks forks) {
        this.kernel = kernel;
        this.forks = forks;
        this.memory = new ProgramMemory(this, process.node().userMemory().access());
        this.calls = calls;
        this.process = process;
        this.registers = new long[registers];
        this.stackBase = stackBase;
        this.body = body;
    }

    Kernel kernel() {
        return kernel;
    }

    SystemCalls calls() {
        return calls;
    }

    Process process() {
        return process;
    }

    ProgramMemory memory() {
        return memory;
    }

    /// {@return the frame of a child that is forked where this body stands; in it fork comes to 0}
    Frame forked(Process child) {
        Frame frame = new Frame(kernel, calls, child, body, registers.length, stackBase, forks);
        frame.effects = Arrays.copyOf(effects, effects.length);
        frame.effectCount = effectCount;
        frame.note(0);
        frame.note(errno);
        frame.inherited = frame.effectCount;
        return frame;
    }

    /// Forks the process.
    long fork() {
        return effect(() -> forks.fork(this));
    }

    /// {@return what `action` comes to, which touches more than the frame, or came to before the process was forked}
    long effect(LongSupplier action) {
        if (isReplaying()) {
            long value = effects[replayed++];
            errno = effects[replayed++];
            kernel.machine().current().learn(value);
            return value;
        }
        long value = action.getAsLong();
        note(value);
        note(errno);
        return value;
    }

    private void note(long value) {
        if (effectCount == effects.length) {
            effects = Arrays.copyOf(effects, 2 * effectCount);
        }
        effects[effectCount++] = value;
    }

    /// {@return whether the body only catches up with where its process was forked}
    boolean isReplaying() {
        return replayed < inherited;
    }

    /// {@return whether the process was forked by another body}
    boolean isChild() {
        return inherited > 0;
    }

    long register(int slot) {
        return registers[slot];
    }

    long setRegister(int slot, long value) {
        registers[slot] = value;
        return value;
    }

    /// {@return the registers and `errno`: all that a loop of the body keeps from one turn to the next}
    long[] live() {
        long[] live = Arrays.copyOf(registers, registers.length + 1);
        live[registers.length] = errno;
        return live;
    }

    /// {@return whether this is the body that sets up the test, in which every system call has to succeed}
    boolean isSetUp() {
        return body.equals("init");
    }

    long errno() {
        return errno;
    }

    long setErrno(long value) {
        errno = value;
        return value;
    }

    long address(Segment segment, long offset) {
        return offset + switch (segment) {
            case DATA -> Process.DATA_START;
            case READ_ONLY -> READ_ONLY_START;
            case STACK -> stackBase;
        };
    }

    /// {@return the signal that ended the body, if one did}
    Optional<Signal> signal() {
        return signal;
    }

    void endedBy(Signal cause) {
        signal = Optional.of(cause);
    }
}
