package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.Sandbox.Program;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Splice;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Calls that move pages through pipes, one after the other; the answers are those of Linux 6.18.
class SpliceTest {
    private static final int PAGE = 4096;
    private static final long SIZE = 10_000;

    /// A file system and its files.
    enum On {
        EXT4(Sandbox::ext4), TMPFS(() -> Sandbox.tmpfs(OptionalLong.empty())), RAMFS(Sandbox::ramfs), XFS(Sandbox::xfs),
        BTRFS(() -> Sandbox.btrfs(true)), GFS2(() -> Sandbox.gfs2(1));

        private final Supplier<Sandbox> boot;

        On(Supplier<Sandbox> boot) {
            this.boot = boot;
        }
    }

    /// A program with two pipes and a file.
    private static final class Rig {
        private final Program program;
        private final long memory;
        private final int[] pipe;
        private final int[] other;
        private final int file;
        private final int reading;

        Rig(Program program) {
            this.program = program;
            this.memory = program.anonymous(32 * PAGE);
            this.file = program.open("/mnt/f", 0);
            this.reading = program.openReadOnly("/mnt/f");
            this.pipe = newPipe(0);
            this.other = newPipe(Fcntl.O_NONBLOCK);
        }

        private int[] newPipe(int flags) {
            program.must("pipe2", memory, flags);
            return new int[] {program.load(memory), program.load(memory + 4)};
        }

        SysResult call(String name, long... arguments) {
            return program.call(name, arguments);
        }

        long offset(int slot, long value) {
            program.store(memory + 8L * slot, 8, value);
            return memory + 8L * slot;
        }

        long offset(int slot) {
            return program.access().load(memory + 8L * slot, 8);
        }

        SysResult splice(int from, long offIn, int to, long offOut, long bytes, int flags) {
            return call("splice", from, offIn, to, offOut, bytes, flags);
        }

        /// {@return the first byte of what is read from a descriptor}
        int first(int fd, long bytes) {
            assertEquals(SysResult.ok(bytes), call("read", fd, memory + PAGE, bytes));
            return program.load(memory + PAGE);
        }
    }

    private static void rigged(On on, Consumer<Rig> body) {
        Sandbox sandbox = on.boot.get().file("/mnt/f", SIZE, 'f').hole("/mnt/hole", SIZE);
        assertEquals(List.of(), sandbox.run(() -> body.accept(new Rig(sandbox.program(1)))));
    }

    private static void fails(Errno errno, SysResult result) {
        assertEquals(SysResult.err(errno), result);
    }

    private static void gives(long value, SysResult result) {
        assertEquals(SysResult.ok(value), result);
    }

    @ParameterizedTest
    @EnumSource
    void aFileGoesThroughAPipe(On on) {
        rigged(on, r -> {
            gives(SIZE, r.splice(r.reading, r.offset(0, 0), r.pipe[1], 0, 20_000, 0));
            assertEquals(SIZE, r.offset(0));
            assertEquals('f', r.first(r.pipe[0], SIZE));
        });
    }

    @ParameterizedTest
    @EnumSource
    void aPipeGoesIntoAFile(On on) {
        rigged(on, r -> {
            r.program.fill(r.memory + PAGE, 9, 'p');
            gives(9, r.call("write", r.pipe[1], r.memory + PAGE, 9));
            gives(5, r.splice(r.pipe[0], 0, r.file, r.offset(0, 100), 5, 0));
            assertEquals(105, r.offset(0));
            gives(4, r.splice(r.pipe[0], 0, r.file, 0, 100, 0));
            assertEquals('p', r.first(r.reading, 4));
            assertEquals('f', r.first(r.reading, 96));
            assertEquals('p', r.first(r.reading, 5));
        });
    }

    @ParameterizedTest
    @EnumSource
    void sendfileCopies(On on) {
        rigged(on, r -> {
            int target = r.program.open("/mnt/g", Fcntl.O_CREAT);
            gives(SIZE, r.call("sendfile", target, r.reading, 0, 20_000));
            gives(0, r.call("sendfile", target, r.reading, 0, 20_000));
            gives(0, r.call("lseek", target, 0, 0));
            assertEquals('f', r.first(target, SIZE));
            gives(10, r.call("sendfile", r.pipe[1], r.reading, r.offset(0, 5), 10));
            assertEquals(15, r.offset(0));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"EXT4", "TMPFS", "RAMFS", "GFS2"})
    void copyFileRangeCopies(On on) {
        rigged(on, r -> {
            gives(10, r.call("copy_file_range", r.reading, r.offset(0, 0), r.file, r.offset(1, SIZE), 10, 0));
            assertEquals(10, r.offset(0));
            assertEquals(SIZE + 10, r.offset(1));
            gives(SIZE + 10, r.call("lseek", r.file, 0, 2));
        });
    }

    @ParameterizedTest
    @EnumSource
    void aHoleIsZeroes(On on) {
        rigged(on, r -> {
            int hole = r.program.openReadOnly("/mnt/hole");
            gives(SIZE, r.splice(hole, 0, r.pipe[1], 0, 20_000, 0));
            assertEquals(0, r.first(r.pipe[0], SIZE));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"EXT4", "XFS", "BTRFS", "GFS2", "TMPFS"})
    void aFileForDirectIoIsReadPastTheCache(On on) {
        rigged(on, r -> {
            int direct = r.program.open("/mnt/f", Fcntl.O_DIRECT);
            gives(PAGE, r.splice(direct, 0, r.pipe[1], 0, PAGE, 0));
            r.program.store(r.memory + PAGE, 'n');
            gives(1, r.call("pwrite", r.file, r.memory + PAGE, 1, 0));
            assertEquals('f', r.first(r.pipe[0], PAGE));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"EXT4", "XFS", "BTRFS", "TMPFS", "RAMFS"})
    void whatIsWrittenToTheFileLaterIsInThePipe(On on) {
        rigged(on, r -> {
            gives(PAGE, r.splice(r.reading, 0, r.pipe[1], 0, PAGE, 0));
            r.program.store(r.memory + PAGE, 'n');
            gives(1, r.call("pwrite", r.file, r.memory + PAGE, 1, 0));
            assertEquals('n', r.first(r.pipe[0], PAGE));
        });
    }

    @Test
    void gfs2CopiesIntoThePipe() {
        rigged(On.GFS2, r -> {
            gives(PAGE, r.splice(r.reading, 0, r.pipe[1], 0, PAGE, 0));
            r.program.store(r.memory + PAGE, 'n');
            gives(1, r.call("pwrite", r.file, r.memory + PAGE, 1, 0));
            assertEquals('f', r.first(r.pipe[0], PAGE));
        });
    }

    @Test
    void aPageOfAFileIsNotAddedTo() {
        rigged(On.EXT4, r -> {
            gives(1, r.splice(r.reading, 0, r.pipe[1], 0, 1, 0));
            r.program.store(r.memory + PAGE, 'n');
            gives(1, r.call("write", r.pipe[1], r.memory + PAGE, 1));
            assertEquals('f', r.first(r.pipe[0], 1));
            assertEquals('n', r.first(r.pipe[0], 1));
            gives(0, r.call("lseek", r.reading, 0, 0));
            r.first(r.reading, 1);
            assertEquals('f', r.first(r.reading, 1));
        });
    }

    @Test
    void teeLeavesWhatItCopies() {
        rigged(On.TMPFS, r -> {
            gives(10, r.splice(r.reading, 0, r.pipe[1], 0, 10, 0));
            gives(5, r.call("tee", r.pipe[0], r.other[1], 5, 0));
            assertEquals('f', r.first(r.other[0], 5));
            assertEquals('f', r.first(r.pipe[0], 10));
            fails(Errno.EAGAIN, r.call("tee", r.other[0], r.pipe[1], 1, 0));
        });
    }

    @Test
    void splicingFromPipeToPipeMoves() {
        rigged(On.TMPFS, r -> {
            gives(10, r.splice(r.reading, 0, r.pipe[1], 0, 10, 0));
            gives(3, r.splice(r.pipe[0], 0, r.other[1], 0, 3, 0));
            gives(7, r.splice(r.pipe[0], 0, r.other[1], 0, -1, 0));
            assertEquals('f', r.first(r.other[0], 10));
            fails(Errno.EAGAIN, r.splice(r.other[0], 0, r.pipe[1], 0, -1, 0));
        });
    }

    @Test
    void vmspliceSharesPagesOneWayAndCopiesTheOther() {
        rigged(On.TMPFS, r -> {
            long page = r.memory + 2 * PAGE;
            r.program.store(page, 'a');
            iovec(r, page, 5000);
            gives(5000, r.call("vmsplice", r.other[1], r.memory, 1, Splice.SPLICE_F_GIFT));
            r.program.store(page, 'b');
            iovec(r, r.memory + 8L * PAGE, 3);
            gives(3, r.call("vmsplice", r.other[0], r.memory, 1, 0));
            assertEquals('b', r.program.load(r.memory + 8L * PAGE));
            iovec(r, 8, 3);
            fails(Errno.EFAULT, r.call("vmsplice", r.other[1], r.memory, 1, 0));
            fails(Errno.EFAULT, r.call("vmsplice", r.other[0], r.memory, 1, 0));
            iovec(r, page, 20L * PAGE);
            gives(14L * PAGE, r.call("vmsplice", r.other[1], r.memory, 1, 0));
            fails(Errno.EAGAIN, r.call("vmsplice", r.other[1], r.memory, 1, Splice.SPLICE_F_NONBLOCK));
        });
    }

    private static void iovec(Rig r, long address, long bytes) {
        r.offset(0, address);
        r.offset(1, bytes);
    }

    /// A call that Linux refuses, or that comes to 0.
    private record Bad(String answer, String name, Arguments arguments) {
        interface Arguments {
            long[] of(Rig r);
        }
    }

    private static Bad bad(String answer, String name, Bad.Arguments arguments) {
        return new Bad(answer, name, arguments);
    }

    static Stream<Bad> badCalls() {
        long big = 0x7fff_ffff_ffff_fff0L;
        return Stream.of(
                bad("ESPIPE", "splice", r -> new long[] {r.reading, r.memory, r.pipe[1], r.memory, 10, 0}),
                bad("0", "splice", r -> new long[] {99, 0, 98, 0, 0, 99}),
                bad("EINVAL", "splice", r -> new long[] {99, 0, 98, 0, 1, 99}),
                bad("EBADF", "splice", r -> new long[] {99, 0, 98, 0, 1, 0}),
                bad("EBADF", "splice", r -> new long[] {r.pipe[1], 0, r.pipe[0], 0, 1, 0}),
                bad("ESPIPE", "splice", r -> new long[] {r.pipe[0], r.memory, r.pipe[0], 0, 1, 0}),
                bad("EBADF", "splice", r -> new long[] {r.file, 0, r.reading, 0, 1, 0}),
                bad("EINVAL", "splice", r -> new long[] {r.pipe[0], 0, r.pipe[1], 0, 1, 0}),
                bad("EINVAL", "splice", r -> new long[] {r.reading, 0, r.file, 0, 1, 0}),
                bad("EINVAL", "splice", r -> new long[] {r.pipe[0], 0, appending(r), 0, 1, 0}),
                bad("EINVAL", "splice", r -> new long[] {r.reading, r.offset(0, -1), r.pipe[1], 0, 1, 0}),
                bad("EINVAL", "splice", r -> new long[] {r.reading, r.offset(0, big), r.pipe[1], 0, 100, 0}),
                bad("EFAULT", "splice", r -> new long[] {r.reading, 8, r.pipe[1], 0, 1, 0}),
                bad("EAGAIN", "splice", r -> new long[] {r.other[0], 0, r.file, 0, 1, 0}),
                bad("EAGAIN", "splice", r -> new long[] {r.pipe[0], 0, r.file, 0, 1, 2}),
                bad("EINVAL", "splice", r -> new long[] {r.reading, 0, r.pipe[1], 0, -1, 0}),
                bad("EINVAL", "tee", r -> new long[] {r.pipe[0], r.pipe[1], 5, 0}),
                bad("EINVAL", "tee", r -> new long[] {r.pipe[0], r.file, 5, 0}),
                bad("EINVAL", "tee", r -> new long[] {r.pipe[0], r.pipe[1], 0, 99}),
                bad("0", "tee", r -> new long[] {r.file, r.pipe[1], 0, 0}),
                bad("EBADF", "sendfile", r -> new long[] {r.reading, r.file, 0, 10}),
                bad("EFAULT", "sendfile", r -> new long[] {99, 98, 8, 10}),
                bad("EINVAL", "sendfile", r -> new long[] {appending(r), r.reading, 0, 10}),
                bad("EINVAL", "sendfile", r -> new long[] {r.file, r.pipe[0], 0, 10}),
                bad("ESPIPE", "sendfile", r -> new long[] {r.file, r.pipe[0], r.memory, 10}),
                bad("EINVAL", "sendfile", r -> new long[] {r.file, r.reading, r.offset(0, -1), 10}),
                bad("EINVAL", "sendfile", r -> new long[] {r.file, r.reading, 0, -1}),
                bad("EINVAL", "copy_file_range", r -> new long[] {r.reading, 0, r.file, 0, 10, 1}),
                bad("EBADF", "copy_file_range", r -> new long[] {r.reading, 0, r.reading, 0, 10, 0}),
                bad("EBADF", "copy_file_range", r -> new long[] {r.reading, 0, appending(r), 0, 10, 0}),
                bad("EINVAL", "copy_file_range", r -> new long[] {r.reading, r.offset(0, 0), r.file, r.offset(1, 5), 10, 0}),
                bad("EINVAL", "copy_file_range", r -> new long[] {r.reading, 0, r.pipe[1], 0, 10, 0}),
                bad("EOVERFLOW", "copy_file_range", r -> new long[] {r.reading, r.offset(0, -1), r.file, 0, 10, 0}),
                bad("EOVERFLOW", "copy_file_range", r -> new long[] {r.reading, r.offset(0, 5), r.file, r.offset(1, 5), -1, 0}),
                bad("0", "copy_file_range", r -> new long[] {r.reading, r.offset(0, 100_000), r.file, r.offset(1, 5), 1, 0}),
                bad("EINVAL", "copy_file_range", r -> new long[] {r.reading, 0, r.file, r.offset(1, -100), 10, 0}),
                bad("EFAULT", "copy_file_range", r -> new long[] {r.reading, 8, r.file, 0, 10, 0}),
                bad("EXDEV", "copy_file_range", r -> new long[] {memfd(r), 0, r.file, 0, 10, 0}),
                bad("EBADF", "vmsplice", r -> new long[] {r.file, vector(r), 1, 0}),
                bad("EINVAL", "vmsplice", r -> new long[] {r.pipe[1], vector(r), 1, 99}),
                bad("0", "vmsplice", r -> new long[] {r.pipe[1], vector(r), 0, 0}),
                bad("EBADF", "vmsplice", r -> new long[] {99, vector(r), 0, 0}));
    }

    private static int appending(Rig r) {
        return r.program.open("/mnt/f", Fcntl.O_APPEND);
    }

    private static long vector(Rig r) {
        iovec(r, r.memory + PAGE, 1);
        return r.memory;
    }

    private static long memfd(Rig r) {
        r.program.store(r.memory + PAGE, 'x');
        long fd = r.program.must("memfd_create", r.memory + PAGE, 0);
        gives(1, r.call("pwrite", fd, r.memory + PAGE, 1, 0));
        return fd;
    }

    @Test
    void badArgumentsAreRefusedAsLinuxRefusesThem() {
        badCalls().forEach(bad -> rigged(On.TMPFS, r -> {
            long[] arguments = bad.arguments().of(r);
            SysResult expected = bad.answer().equals("0") ? SysResult.ZERO : SysResult.err(Errno.valueOf(bad.answer()));
            assertEquals(expected, r.call(bad.name(), arguments), bad.name() + java.util.Arrays.toString(arguments));
        }));
    }
}
