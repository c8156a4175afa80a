package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// lseek(2) with SEEK_DATA and SEEK_HOLE. Files have three pages of 'a'.
class SeekTest {
    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;
    private static final SysResult NONE = SysResult.err(Errno.ENXIO);

    private static void run(String fileSystem, BiConsumer<Sandbox.Program, Integer> body) {
        Sandbox sandbox = Sandbox.with(fileSystem);
        sandbox.file("/mnt/f", 12288, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.accept(program, program.open("/mnt/f", 0));
        }));
    }

    private static SysResult data(Sandbox.Program program, int fd, long offset) {
        return program.call("lseek", fd, offset, Fcntl.SEEK_DATA);
    }

    private static SysResult hole(Sandbox.Program program, int fd, long offset) {
        return program.call("lseek", fd, offset, Fcntl.SEEK_HOLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "gfs2", "f2fs", "btrfs"})
    void aHoleIsFoundAndTheDataBehindIt(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("fallocate", fd, PUNCH, 4096, 4096);
            assertEquals(SysResult.ok(5), data(program, fd, 5));
            assertEquals(SysResult.ok(4096), hole(program, fd, 5));
            assertEquals(SysResult.ok(5000), hole(program, fd, 5000));
            assertEquals(SysResult.ok(8192), data(program, fd, 5000));
            assertEquals(SysResult.ok(12288), hole(program, fd, 8192));
            assertEquals(SysResult.ok(12288), program.call("lseek", fd, 0, Fcntl.SEEK_CUR));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "gfs2", "f2fs", "btrfs", "ntfs3", "ramfs"})
    void behindTheEndIsNeither(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("lseek", fd, 7, Fcntl.SEEK_SET);
            assertEquals(NONE, data(program, fd, 12288));
            assertEquals(NONE, hole(program, fd, 12288));
            assertEquals(NONE, hole(program, fd, Long.MAX_VALUE));
            assertEquals(SysResult.ok(7), program.call("lseek", fd, 0, Fcntl.SEEK_CUR));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "f2fs", "btrfs"})
    void aHugeHoleIsOneStepAside(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("ftruncate", fd, 1L << 40);
            assertEquals(SysResult.ok(12288), hole(program, fd, 0));
            assertEquals(NONE, data(program, fd, 12288));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void blocksThatWereNotWrittenAreAHole(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("fallocate", fd, 0, 12288, 4096);
            assertEquals(NONE, data(program, fd, 12288));
            long memory = program.anonymous(4096);
            program.store(memory, 'x');
            program.must("pwrite", fd, memory, 1, 12300);
            assertEquals(SysResult.ok(12288), data(program, fd, 12288));
            program.must("fsync", fd);
            assertEquals(SysResult.ok(12288), data(program, fd, 12288));
        });
    }

    /// btrfs starts at the start, and then compares without a sign.
    @Test
    void dataThatIsWrittenIsNotFoundFromBeforeTheFile() {
        run("btrfs", (program, fd) -> {
            long memory = program.anonymous(4096);
            program.must("ftruncate", fd, 0);
            program.must("pwrite", fd, memory, 1, 0);
            assertEquals(SysResult.ok(0), data(program, fd, -1));
            program.must("fsync", fd);
            assertEquals(NONE, data(program, fd, -1));
            assertEquals(SysResult.ok(1), hole(program, fd, -1));
        });
    }

    /// As a real kernel answers: the position behind that page is negative.
    @Test
    void dataInTheLastPageThatAFileCanHaveIsNotFound() {
        long last = Long.MAX_VALUE - 4095;
        run("tmpfs", (program, fd) -> {
            long memory = program.anonymous(4096);
            program.must("ftruncate", fd, 0);
            program.must("pwrite", fd, memory, 1, last);
            assertEquals(NONE, data(program, fd, 0));
            assertEquals(SysResult.ok(0), hole(program, fd, 0));
            assertEquals(SysResult.ok(Long.MIN_VALUE), hole(program, fd, last));
            program.must("pwrite", fd, memory, 1, last - 4096);
            assertEquals(SysResult.ok(last - 4096), data(program, fd, 0));
            assertEquals(SysResult.ok(Long.MIN_VALUE), hole(program, fd, last - 4096));
        });
    }

    /// f2fs promises blocks, which are neither until a page is dirty.
    @Test
    void aPromisedBlockIsNeither() {
        run("f2fs", (program, fd) -> {
            program.must("fallocate", fd, 0, 12288, 4096);
            assertEquals(NONE, data(program, fd, 12288));
            assertEquals(SysResult.ok(16384), hole(program, fd, 12288));
        });
    }

    /// A write of more than gfs2 does under its lock at once is seen as a whole all the same, or not at all.
    @Test
    void aWriteThatGivesTheClusterLockUpInBetweenIsSeenAsAWhole() {
        long end = 40 * 4096;
        TwoSwitches.once(150, 250, order -> {
            Sandbox sandbox = Sandbox.gfs2(1).hole("/mnt/f", end + 4096);
            List<Sandbox.Program> programs = new ArrayList<>();
            long[] memory = new long[1];
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                programs.add(sandbox.program(1));
                programs.getFirst().open("/mnt/f", 0);
                memory[0] = programs.getFirst().anonymous(end);
            }, List.of(() -> programs.getFirst().must("pwrite", 3, memory[0], end, 0), () -> {
                long hole = programs.getFirst().must("lseek", 3, 0, Fcntl.SEEK_HOLE);
                assertTrue(hole == 0 || hole == end, hole + " after " + order);
            }), () -> { }));
        });
    }

    @Test
    void aHoleOfAPageIsFoundFarBehindTheStart() {
        run("tmpfs", (program, fd) -> {
            long memory = program.anonymous(4096);
            program.must("pwrite", fd, memory, 1, 70 * 4096);
            program.must("pwrite", fd, memory, 1, 72 * 4096);
            assertEquals(SysResult.ok(71 * 4096), hole(program, fd, 70 * 4096));
            assertEquals(SysResult.ok(72 * 4096), data(program, fd, 71 * 4096));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void theHoleBehindUnwrittenBlocksWithDataBeginsWhereTheFileEnds(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("ftruncate", fd, 0);
            program.must("fallocate", fd, Fcntl.FALLOC_FL_KEEP_SIZE, 0, 8192);
            program.must("pwrite", fd, program.anonymous(4096), 100, 0);
            assertEquals(SysResult.ok(100), hole(program, fd, 0));
        });
    }
}
