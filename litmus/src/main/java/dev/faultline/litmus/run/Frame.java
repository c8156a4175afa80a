package dev.faultline.litmus.run;

import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.litmus.types.Segment;
import java.util.Arrays;
import java.util.Optional;

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

    Frame(Kernel kernel, SystemCalls calls, Process process, String body, int registers, long stackBase) {
        this.kernel = kernel;
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

    UserAccess memory() {
        return process.node().userMemory().access();
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
