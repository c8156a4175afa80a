package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// fallocate(2) on file systems with a disk. Files have three pages of 'a', cached or not.
class FallocateTest {
    private static final int KEEP = Fcntl.FALLOC_FL_KEEP_SIZE;
    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | KEEP;

    private static void run(String fileSystem, BiConsumer<Sandbox.Program, Integer> body) {
        Sandbox sandbox = Sandbox.with(fileSystem);
        sandbox.file("/mnt/f", 12288, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.accept(program, program.open("/mnt/f", 0));
        }));
    }

    private static String text(Sandbox.Program program, int fd, long... positions) {
        long memory = program.anonymous(4096);
        StringBuilder text = new StringBuilder();
        for (long position : positions) {
            program.store(memory, '-');
            program.must("pread", fd, memory, 1, position);
            int value = program.load(memory);
            text.append(value == 0 ? '0' : (char) value);
        }
        return text.toString();
    }

    private static long sizeOf(Sandbox.Program program, int fd) {
        return program.must("lseek", fd, 0, Fcntl.SEEK_END);
    }

    private static void write(Sandbox.Program program, int fd, char value, long lengthBytes, long position) {
        long memory = program.anonymous(lengthBytes);
        program.fill(memory, lengthBytes, value);
        assertEquals(lengthBytes, program.must("pwrite", fd, memory, lengthBytes, position));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "gfs2", "f2fs", "btrfs"})
    void aHoleReadsAsZeroesThroughMappingsToo(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            long mapped = program.shared(fd, 12288);
            program.store(mapped + 4096, 'b');
            program.store(mapped + 8192, 'c');
            program.must("fallocate", fd, PUNCH, 4000, 4192);
            assertEquals("a00ca", text(program, fd, 3999, 4000, 8191, 8192, 8193));
            assertEquals(0, program.load(mapped + 4096));
            assertEquals('c', program.load(mapped + 8192));
            assertEquals(12288, sizeOf(program, fd));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "gfs2", "f2fs", "btrfs"})
    void aPartOfAPageIsZeroedOnDiskAsWell(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("fallocate", fd, PUNCH, 100, 10);
            program.must("fsync", fd);
            assertEquals("a00a", text(program, fd, 99, 100, 109, 110));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "gfs2", "f2fs", "btrfs"})
    void whatIsAllocatedReadsAsZeroesUntilItIsWritten(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("fallocate", fd, KEEP, 12288, 4096);
            assertEquals(12288, sizeOf(program, fd));
            program.must("fallocate", fd, 0, 16384, 8192);
            assertEquals(24576, sizeOf(program, fd));
            assertEquals("a00", text(program, fd, 0, 12288, 24575));
            write(program, fd, 'b', 10, 12300);
            program.must("fsync", fd);
            assertEquals("0b0", text(program, fd, 12299, 12300, 12310));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "f2fs", "btrfs"})
    void aDirectWriteOntoAllocatedBlocksLeavesZeroesAroundIt(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("fallocate", fd, 0, 12288, 12288);
            int direct = program.open("/mnt/f", Fcntl.O_DIRECT);
            write(program, direct, 'b', 4096, 16384);
            write(program, direct, 'c', 512, 20480 + 512);
            assertEquals("00bb0c0", text(program, fd, 12288, 16383, 16384, 20479, 20480, 20992, 21504));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "f2fs", "btrfs"})
    void aRangeIsZeroed(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            write(program, fd, 'b', 12288, 0);
            program.must("fallocate", fd, Fcntl.FALLOC_FL_ZERO_RANGE, 10, 8192);
            assertEquals("b000b", text(program, fd, 9, 10, 4096, 8201, 8202));
            program.must("fallocate", fd, Fcntl.FALLOC_FL_ZERO_RANGE, 12000, 8192);
            assertEquals(20192, sizeOf(program, fd));
            assertEquals("b00", text(program, fd, 11999, 12000, 20191));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "f2fs"})
    void theRestOfAFileMoves(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            write(program, fd, 'b', 4096, 4096);
            write(program, fd, 'c', 100, 8192);
            program.must("fallocate", fd, Fcntl.FALLOC_FL_COLLAPSE_RANGE, 0, 4096);
            assertEquals(8192, sizeOf(program, fd));
            assertEquals("bca", text(program, fd, 0, 4096, 4196));
            program.must("fallocate", fd, Fcntl.FALLOC_FL_INSERT_RANGE, 4096, 4096);
            assertEquals(12288, sizeOf(program, fd));
            assertEquals("b00c", text(program, fd, 0, 4096, 8191, 8192));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "f2fs"})
    void moreThanTheWholeIsNotMoved(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            int collapse = Fcntl.FALLOC_FL_COLLAPSE_RANGE;
            assertEquals(SysResult.err(Errno.EINVAL), program.call("fallocate", fd, collapse, 100, 4096));
            assertEquals(SysResult.err(Errno.EINVAL), program.call("fallocate", fd, collapse, 8192, 4096));
            int insert = Fcntl.FALLOC_FL_INSERT_RANGE;
            assertEquals(SysResult.err(Errno.EINVAL), program.call("fallocate", fd, insert, 12288, 4096));
        });
    }

    /// Asked of a real v6.18 on ext4.
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "f2fs"})
    void whatAMappingWroteBehindTheEndIsNotSeenWhenTheFileGrows(String fileSystem) {
        run(fileSystem, (program, fd) -> {
            program.must("ftruncate", fd, 100);
            long mapped = program.shared(fd, 4096);
            program.store(mapped + 200, 'x');
            program.must("fallocate", fd, 0, 0, 8192);
            assertEquals("a00", text(program, fd, 99, 200, 4096));
        });
    }

    @Test
    void ntfs3KeepsItsClusters() {
        run("ntfs3", (program, fd) -> {
            assertEquals(SysResult.err(Errno.EOPNOTSUPP), program.call("fallocate", fd, PUNCH, 0, 4096));
            assertEquals(SysResult.err(Errno.EOPNOTSUPP),
                    program.call("fallocate", fd, Fcntl.FALLOC_FL_INSERT_RANGE, 0, 4096));
            program.must("fallocate", fd, KEEP, 12288, 4096);
            assertEquals(12288, sizeOf(program, fd));
            program.must("fallocate", fd, 0, 12288, 4096);
            assertEquals("a00", text(program, fd, 12287, 12288, 16383));
            write(program, fd, 'b', 4096, 4096);
            program.must("fallocate", fd, Fcntl.FALLOC_FL_COLLAPSE_RANGE, 0, 4096);
            assertEquals(12288, sizeOf(program, fd));
            assertEquals("ba0", text(program, fd, 0, 4096, 8192));
            program.must("fallocate", fd, Fcntl.FALLOC_FL_COLLAPSE_RANGE, 4096, 8192);
            assertEquals(4096, sizeOf(program, fd));
        });
    }

    @Test
    void ramfsKnowsNoFallocate() {
        run("ramfs", (program, fd) ->
                assertEquals(SysResult.err(Errno.EOPNOTSUPP), program.call("fallocate", fd, 0, 0, 4096)));
    }
}
