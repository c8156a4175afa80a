package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/// Direct I/O as a program sees it, on both file systems.
class DirectIoTest {
    private static final int PAGE = 4096;

    private interface Body extends BiConsumer<Sandbox.Program, Integer> {}

    /// Runs `body` with the file open for direct I/O, once on each file system.
    private static void onBoth(long sizeBytes, Body body) {
        for (Sandbox sandbox : List.of(Sandbox.ext4().file("/mnt/f", sizeBytes, 'a'), Sandbox.gfs2(1).file("/mnt/f", sizeBytes, 'a'))) {
            run(sandbox, body);
        }
    }

    private static void run(Sandbox sandbox, Body body) {
        List<Finding> found = sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.accept(program, program.open("/mnt/f", Fcntl.O_DIRECT));
        });
        assertEquals(List.of(), found);
    }

    @Test
    void aReadEndsWithTheFile() {
        onBoth(5000, (program, fd) -> {
            long buffer = program.anonymous(2 * PAGE);
            assertEquals(5000 - 512, program.must("pread", fd, buffer, 2 * PAGE, 512));
            assertEquals(0, program.must("pread", fd, buffer, PAGE, 2 * PAGE));
            assertEquals('a', program.load(buffer + 5000 - 513));
        });
    }

    @Test
    void whatIsNotInWholeSectorsIsInvalid() {
        onBoth(PAGE, (program, fd) -> {
            long buffer = program.anonymous(2 * PAGE);
            for (long[] wrong : new long[][] {{buffer, 100, 0}, {buffer, 512, 7}, {buffer + 1, 512, 0}}) {
                assertTrue(program.call("pread", fd, wrong[0], wrong[1], wrong[2]).is(Errno.EINVAL));
                assertTrue(program.call("pwrite", fd, wrong[0], wrong[1], wrong[2]).is(Errno.EINVAL));
            }
        });
    }

    @Test
    void aHoleReadsAsZeroes() {
        for (Sandbox sandbox : List.of(Sandbox.ext4().hole("/mnt/f", PAGE), Sandbox.gfs2(1).hole("/mnt/f", PAGE))) {
            run(sandbox, (program, fd) -> {
                long buffer = program.anonymous(PAGE);
                program.fill(buffer, PAGE, 7);
                assertEquals(PAGE, program.must("pread", fd, buffer, PAGE, 0));
                assertEquals(0, program.load(buffer) + program.load(buffer + PAGE - 1));
            });
        }
    }

    @Test
    void aWriteIntoAHoleIsInTheFile() {
        for (Sandbox sandbox : List.of(Sandbox.ext4().hole("/mnt/f", 3 * PAGE), Sandbox.gfs2(1).hole("/mnt/f", 3 * PAGE))) {
            run(sandbox, (program, fd) -> {
                long buffer = program.anonymous(PAGE);
                program.fill(buffer, PAGE, 7);
                assertEquals(PAGE, program.must("pwrite", fd, buffer, PAGE, PAGE));
                program.fill(buffer, PAGE, 1);
                assertEquals(PAGE, program.must("pread", fd, buffer, PAGE, PAGE));
                assertEquals(7, program.load(buffer + 100));
                assertEquals(PAGE, program.must("pread", fd, buffer, PAGE, 2 * PAGE));
                assertEquals(0, program.load(buffer + 100));
            });
        }
    }

    @Test
    void memoryThatIsNotThereIsAFault() {
        onBoth(PAGE, (program, fd) -> {
            long buffer = program.anonymous(PAGE);
            program.must("munmap", buffer, PAGE);
            assertTrue(program.call("pread", fd, buffer, PAGE, 0).is(Errno.EFAULT));
            assertTrue(program.call("pwrite", fd, buffer, PAGE, 0).is(Errno.EFAULT));
        });
    }

    /// On ext4 the error wins over the page before the hole. gfs2 stops where nothing more can be faulted in,
    /// with what it has.
    @Test
    void aBufferWithAHoleStopsTheRequestThere() {
        run(Sandbox.ext4().file("/mnt/f", 3 * PAGE, 'a'), (program, fd) ->
                assertTrue(readAcrossAHole(program, fd).is(Errno.EFAULT)));
        run(Sandbox.gfs2(1).file("/mnt/f", 3 * PAGE, 'a'), (program, fd) ->
                assertEquals(SysResult.ok(PAGE), readAcrossAHole(program, fd)));
    }

    private static SysResult readAcrossAHole(Sandbox.Program program, int fd) {
        long buffer = program.anonymous(3 * PAGE);
        program.must("munmap", buffer + PAGE, PAGE);
        return program.call("pread", fd, buffer, 3 * PAGE, 0);
    }

    @Test
    void aReadSeesWhatIsOnlyCached() {
        onBoth(PAGE, (program, fd) -> {
            int cached = program.open("/mnt/f", 0);
            long buffer = program.anonymous(PAGE);
            program.store(buffer, 'x');
            assertEquals(1, program.must("pwrite", cached, buffer, 1, 10));
            assertEquals(PAGE, program.must("pread", fd, buffer, PAGE, 0));
            assertEquals('x', program.load(buffer + 10));
            assertEquals('a', program.load(buffer + 11));
        });
    }

    @Test
    void aMappingSeesWhatADirectWriteWrote() {
        onBoth(PAGE, (program, fd) -> {
            long mapping = program.shared(fd, PAGE);
            assertEquals('a', program.load(mapping));
            long buffer = program.anonymous(PAGE);
            program.fill(buffer, PAGE, 'y');
            assertEquals(PAGE, program.must("pwrite", fd, buffer, PAGE, 0));
            assertEquals('y', program.load(mapping));
        });
    }

    @Test
    void aReadIntoAMappingOfTheFileIsKept() {
        onBoth(2 * PAGE, (program, fd) -> {
            long mapping = program.shared(fd, 2 * PAGE);
            program.store(mapping + PAGE, 'z');
            assertEquals(PAGE, program.must("pread", fd, mapping, PAGE, PAGE));
            assertEquals('z', program.load(mapping));
            program.must("fsync", fd);
            long buffer = program.anonymous(PAGE);
            assertEquals(PAGE, program.must("pread", fd, buffer, PAGE, 0));
            assertEquals('z', program.load(buffer));
        });
    }

    @Test
    void aWriteOntoItselfLeavesTheFileAsItWas() {
        onBoth(PAGE, (program, fd) -> {
            long mapping = program.shared(fd, PAGE);
            program.store(mapping, 'q');
            assertEquals(PAGE, program.must("pwrite", fd, mapping, PAGE, 0));
            assertEquals('q', program.load(mapping));
            assertEquals('a', program.load(mapping + 1));
        });
    }

    /// While the device writes into a page of a mapping, an fsync may write the page out and mark it clean:
    /// what arrives afterwards must not be lost.
    @Test
    void anFsyncBesideAReadIntoAMappingLosesNothing() {
        for (int seed = 0; seed < 600; seed++) {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", PAGE, 'a').file("/mnt/g", PAGE, 'b');
            List<Sandbox.Program> programs = new ArrayList<>();
            long[] mapping = new long[1];
            List<Finding> found = sandbox.runTogether(seed, () -> {
                programs.add(sandbox.program(1));
                int fd = programs.getFirst().open("/mnt/f", 0);
                programs.getFirst().open("/mnt/g", Fcntl.O_DIRECT);
                mapping[0] = programs.getFirst().shared(fd, PAGE);
                programs.getFirst().store(mapping[0], 'x');
            }, List.of(
                    () -> programs.getFirst().must("pread", 4, mapping[0], PAGE, 0),
                    () -> fsync(programs.getFirst(), 4)), () -> sync(programs.getFirst()));
            assertEquals(List.of(), found, "seed " + seed);
        }
    }

    /// What the device has put into the page is in the file for good.
    private static void sync(Sandbox.Program program) {
        program.must("fsync", 3);
        long buffer = program.anonymous(PAGE);
        assertEquals(PAGE, program.must("pread", program.open("/mnt/f", Fcntl.O_DIRECT), buffer, PAGE, 0));
        assertEquals('b', program.load(buffer));
        assertEquals('b', program.load(buffer + PAGE - 1));
    }

    private static void fsync(Sandbox.Program program, int times) {
        for (int i = 0; i < times; i++) {
            program.must("fsync", 3);
        }
    }

    @Test
    void aWriteLargerThanOneWindowIsWrittenWhole() {
        run(Sandbox.gfs2(1).file("/mnt/f", PAGE, 'a'), (program, fd) -> {
            int cached = program.open("/mnt/f", 0);
            long buffer = program.anonymous(40 * PAGE);
            program.store(buffer + 39 * PAGE, 'w');
            assertEquals(40 * PAGE, program.must("pwrite", cached, buffer, 40 * PAGE, 100));
            assertEquals(PAGE, program.must("pread", cached, buffer, PAGE, 39 * PAGE + 100));
            assertEquals('w', program.load(buffer));
        });
    }

    /// gfs2 has direct I/O on blocks that are there; from a hole on the cache takes over where that stopped.
    @Test
    void aWriteOntoABlockAndAHoleGoesBothWays() {
        run(Sandbox.gfs2(1).file("/mnt/f", PAGE, 'a'), (program, fd) -> {
            program.must("ftruncate", fd, 2 * PAGE);
            long buffer = program.anonymous(2 * PAGE);
            program.store(buffer, 'x');
            program.store(buffer + PAGE, 'y');
            assertEquals(2 * PAGE, program.must("pwrite", fd, buffer, 2 * PAGE, 0));
            long seen = program.anonymous(2 * PAGE);
            assertEquals(2 * PAGE, program.must("pread", fd, seen, 2 * PAGE, 0));
            assertEquals('x', program.load(seen));
            assertEquals('y', program.load(seen + PAGE));
        });
    }
}
