package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.Sandbox.Program;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Pipes, one call after the other; the answers are those of Linux 6.18.
class PipeTest {
    private static final int PAGE = 4096;

    /// A program with a pipe, and what it does with it.
    private static final class Piped {
        private final Program program;
        private final long memory;
        private final int in;
        private final int out;

        Piped(Program program, int flags) {
            this.program = program;
            this.memory = program.anonymous(32 * PAGE);
            program.must("pipe2", memory, flags);
            this.in = program.load(memory);
            this.out = program.load(memory + 4);
        }

        SysResult call(String name, long... arguments) {
            return program.call(name, arguments);
        }

        SysResult write(long bytes) {
            return call("write", out, memory + PAGE, bytes);
        }

        SysResult read(long bytes) {
            return call("read", in, memory + PAGE, bytes);
        }
    }

    private static void piped(int flags, Consumer<Piped> body) {
        Sandbox sandbox = Sandbox.tmpfs(java.util.OptionalLong.empty());
        assertEquals(List.of(), sandbox.run(() -> body.accept(new Piped(sandbox.program(1), flags))));
    }

    private static void fails(Errno errno, SysResult result) {
        assertEquals(SysResult.err(errno), result);
    }

    private static void gives(long value, SysResult result) {
        assertEquals(SysResult.ok(value), result);
    }

    @Test
    void whatIsWrittenIsRead() {
        piped(0, p -> {
            p.program.store(p.memory + PAGE, 'a');
            gives(3, p.write(3));
            p.program.store(p.memory + PAGE, 'b');
            gives(1, p.write(1));
            gives(4, p.read(100));
            assertEquals('a', p.program.load(p.memory + PAGE));
            assertEquals('b', p.program.load(p.memory + PAGE + 3));
        });
    }

    @Test
    void sixteenPagesFitAndSmallWritesShareOne() {
        piped(Fcntl.O_NONBLOCK, p -> {
            gives(100, p.write(100));
            for (int i = 0; i < 15; i++) {
                gives(PAGE, p.write(PAGE));
            }
            fails(Errno.EAGAIN, p.write(1));
            gives(100, p.read(100));
            gives(PAGE, p.write(PAGE + 1));
        });
    }

    @Test
    void aWriteThatIsAddedToTheLastPageTakesNoSlot() {
        piped(Fcntl.O_NONBLOCK, p -> {
            for (int i = 0; i < 41; i++) {
                gives(100, p.write(100));
            }
            gives(1, p.call("fcntl", p.in, Fcntl.F_SETPIPE_SZ, 2 * PAGE).bytes() == 2 * PAGE ? SysResult.ok(1) : SysResult.ZERO);
            fails(Errno.EBUSY, p.call("fcntl", p.in, Fcntl.F_SETPIPE_SZ, PAGE));
            gives(4100, p.read(5000));
        });
    }

    @Test
    void aPipeThatKeepsWritesApartGivesOneAtATime() {
        piped(Fcntl.O_DIRECT, p -> {
            gives(10, p.write(10));
            gives(20, p.write(20));
            gives(4, p.read(4));
            gives(20, p.read(100));
        });
    }

    @Test
    void nothingToReadIsEagainWithAWriterAndTheEndWithoutOne() {
        piped(Fcntl.O_NONBLOCK, p -> {
            fails(Errno.EAGAIN, p.read(1));
            gives(0, p.read(0));
            gives(0, p.call("close", p.out));
            gives(0, p.read(1));
        });
    }

    @Test
    void aDescriptorThatWasDuplicatedKeepsThePipeOpen() {
        piped(Fcntl.O_NONBLOCK, p -> {
            long other = p.program.must("dup", p.out);
            gives(0, p.call("close", p.out));
            fails(Errno.EAGAIN, p.read(1));
            gives(0, p.call("close", other));
            gives(0, p.read(1));
        });
    }

    @Test
    void aWriteThatNobodyCanReadEndsTheWriter() {
        piped(0, p -> {
            gives(0, p.call("close", p.in));
            assertEquals(Signal.SIGPIPE, assertThrows(SignalRaised.class, () -> p.write(1)).signal());
        });
    }

    @Test
    void badMemoryIsEfault() {
        piped(0, p -> {
            fails(Errno.EFAULT, p.call("write", p.out, 8, 1));
            gives(1, p.write(1));
            fails(Errno.EFAULT, p.call("read", p.in, 8, 1));
            gives(1, p.read(1));
            fails(Errno.EFAULT, p.call("pipe", 8));
            fails(Errno.EINVAL, p.call("pipe2", p.memory, 1));
        });
    }

    @Test
    void aPipeIsNoFileWithAPosition() {
        piped(0, p -> {
            fails(Errno.ESPIPE, p.call("lseek", p.in, 0, 0));
            fails(Errno.EINVAL, p.call("lseek", p.in, 0, 99));
            fails(Errno.ESPIPE, p.call("pread", p.in, p.memory, 1, 0));
            fails(Errno.EINVAL, p.call("pread", p.in, p.memory, 1, -1));
            fails(Errno.EINVAL, p.call("ftruncate", p.out, 0));
            fails(Errno.EINVAL, p.call("fsync", p.out));
            fails(Errno.ESPIPE, p.call("fallocate", p.out, 0, 0, 1));
            fails(Errno.EBADF, p.call("fallocate", p.in, 0, 0, 1));
            fails(Errno.ENODEV, p.call("mmap", 0, PAGE, 1, 1, p.in, 0));
            fails(Errno.EBADF, p.call("read", p.out, p.memory, 1));
            fails(Errno.EBADF, p.call("write", p.in, p.memory, 1));
        });
    }

    @Test
    void theSizeIsRoundedUpToAPowerOfTwo() {
        piped(0, p -> {
            gives(65536, p.call("fcntl", p.in, Fcntl.F_GETPIPE_SZ, 0));
            gives(8192, p.call("fcntl", p.in, Fcntl.F_SETPIPE_SZ, 5000));
            gives(4096, p.call("fcntl", p.out, Fcntl.F_SETPIPE_SZ, 0));
            fails(Errno.EINVAL, p.call("fcntl", p.out, Fcntl.F_SETPIPE_SZ, 0xffff_ffffL));
            int file = p.program.open("/mnt/f", Fcntl.O_CREAT);
            fails(Errno.EBADF, p.call("fcntl", file, Fcntl.F_SETPIPE_SZ, 1));
        });
    }

    @Test
    void pollSaysWhatAnEndIsReadyFor() {
        piped(0, p -> {
            assertEquals(0, polled(p, p.in));
            assertEquals(Poll.POLLOUT | Poll.POLLWRNORM, polled(p, p.out));
            gives(1, p.write(1));
            assertEquals(Poll.POLLIN | Poll.POLLRDNORM, polled(p, p.in));
            gives(0, p.call("close", p.out));
            assertEquals(Poll.POLLIN | Poll.POLLRDNORM | Poll.POLLHUP, polled(p, p.in));
        });
    }

    private static int polled(Piped p, int fd) {
        p.program.store(p.memory, 4, fd);
        p.program.store(p.memory + 4, 4, 0x1ff);
        p.program.must("poll", p.memory, 1, 0);
        return p.program.load(p.memory + 6) | p.program.load(p.memory + 7) << 8;
    }
}
