package dev.faultline.kernel.uffd;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;

/// A program with an userfaultfd, whose commands it gives through a struct in its memory.
final class Monitor {
    static final long PAGE = 4096;

    private final Sandbox.Program program;
    private final long struct;
    private int fd;

    /// Opens an userfaultfd without the handshake.
    Monitor(Sandbox.Program program, int flags) {
        this.program = program;
        this.struct = program.anonymous(PAGE);
        this.fd = (int) program.must("userfaultfd", flags);
    }

    /// {@return one that has asked for those features}
    static Monitor with(Sandbox.Program program, int flags, long features) {
        Monitor monitor = new Monitor(program, flags);
        if (!monitor.call(0xc018_aa3fL, 0xaa, features, 0).equals("0")) {
            throw new AssertionError("handshake failed");
        }
        return monitor;
    }

    Sandbox.Program program() {
        return program;
    }

    int fd() {
        return fd;
    }

    /// Gives a command whose struct has those words.
    ///
    /// @return 0, or the name of the error
    String call(long command, long... words) {
        for (int i = 0; i < words.length; i++) {
            put(i, words[i]);
        }
        return answer(program.call("ioctl", fd, command, struct));
    }

    /// Gives a command and looks at its last word afterwards, which was 77 before.
    ///
    /// @return `0 4096`, or e.g. `EEXIST -17`
    String fill(long command, long... words) {
        put(words.length, 77);
        return call(command, words) + " " + word(words.length);
    }

    /// {@return `0`, a count, or the name of the error}
    static String answer(SysResult result) {
        return switch (result) {
            case SysResult.Ok(long value) -> Long.toString(value);
            case SysResult.Err(Errno errno) -> errno.name();
        };
    }

    /// {@return a word of the struct}
    long word(int index) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | program.load(struct + 8L * index + i) & 0xff;
        }
        return value;
    }

    private void put(int index, long value) {
        for (int i = 0; i < 8; i++) {
            program.store(struct + 8L * index + i, (int) (value >>> 8 * i) & 0xff);
        }
    }

    /// Reads into the struct.
    String read(long lengthBytes) {
        return answer(program.call("read", fd, struct, lengthBytes));
    }
}
