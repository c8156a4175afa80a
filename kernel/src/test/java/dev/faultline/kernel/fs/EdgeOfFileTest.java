package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What Linux answers at the ends of files, of memory and of numbers, on ext4.
class EdgeOfFileTest {
    private static final long MAX_BYTES = 0xffff_ffff_000L;
    private static final long NOWHERE = 0x100_0000_0000L;
    private static final int PRIVATE = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS;

    private static void run(long sizeBytes, Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", sizeBytes, 'a');
        assertEquals(List.of(), sandbox.run(() -> body.accept(sandbox.program(1))));
    }

    private static void fails(SysResult result, Errno errno) {
        assertEquals(SysResult.err(errno), result);
    }

    private static long sizeOf(Sandbox.Program program, int fd) {
        return program.must("lseek", fd, 0, Fcntl.SEEK_END);
    }

    @Test
    void nothingIsWrittenBehindTheLongestFile() {
        run(0, program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(4096);
            fails(program.call("pwrite", fd, memory, 1, MAX_BYTES), Errno.EFBIG);
            assertEquals(1, program.must("pwrite", fd, memory, 4096, MAX_BYTES - 1));
            fails(program.call("ftruncate", fd, MAX_BYTES + 1), Errno.EFBIG);
            fails(program.call("lseek", fd, MAX_BYTES + 1, Fcntl.SEEK_SET), Errno.EINVAL);
        });
    }

    @Test
    void aTransferEndsWhereNumbersDo() {
        run(0, program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(4096);
            fails(program.call("pread", fd, memory, 1, Long.MAX_VALUE), Errno.EINVAL);
            assertEquals(0, program.must("pread", fd, memory, 1, Long.MAX_VALUE - 1));
            fails(program.call("read", fd, 1L << 47, 0), Errno.EFAULT);
            fails(program.call("read", fd, memory, -1), Errno.EFAULT);
        });
    }

    @Test
    void aDescriptorIsLookedAtBeforeTheRanges() {
        run(0, program -> fails(program.call("preadv", 7, NOWHERE, -1, 0), Errno.EBADF));
    }

    @Test
    void rangesMayLieAcrossTwoPages() {
        run(100, program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(8192);
            long array = memory + 4096 - 4;
            for (int i = 0; i < 8; i++) {
                program.store(array + i, (int) (memory >> 8 * i));
            }
            program.store(array + 8, 5);
            assertEquals(5, program.must("readv", fd, array, 1));
        });
    }

    /// The pages of the copy are not there yet when the size moves.
    @Test
    void aWriteBehindTheEndThatFailsMovesTheEndToItsStart() {
        run(100, program -> {
            int fd = program.open("/mnt/f", 0);
            fails(program.call("pwrite", fd, NOWHERE, 10, 6000), Errno.EFAULT);
            assertEquals(6000, sizeOf(program, fd));
        });
    }

    @Test
    void aDirectWriteBehindTheEndThatFailsInTheMiddleOfABlockDoesSoToo() {
        run(100, program -> {
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            fails(program.call("pwrite", fd, NOWHERE, 4096, 8192), Errno.EFAULT);
            assertEquals(100, sizeOf(program, fd));
            fails(program.call("pwrite", fd, NOWHERE, 512, 1536), Errno.EFAULT);
            assertEquals(1536, sizeOf(program, fd));
            fails(program.call("pwrite", fd, NOWHERE, 512, 6144), Errno.EFAULT);
            assertEquals(6144, sizeOf(program, fd));
        });
    }

    /// Zeroing the rest of the block succeeds, and that is what xfs tells; it does not write the rest through the cache.
    @Test
    void aDirectWriteThatFailsInTheMiddleOfABlockComesToNothingOnXfs() {
        Sandbox sandbox = Sandbox.xfs().file("/mnt/f", 100, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            assertEquals(SysResult.ZERO, program.call("pwrite", fd, NOWHERE, 512, 1536));
            assertEquals(SysResult.ZERO, program.call("pwrite", fd, NOWHERE, 512, 512));
            assertEquals(100, sizeOf(program, fd));
            program.must("fallocate", fd, 0, 4096, 4096);
            assertEquals(SysResult.ZERO, program.call("pwrite", fd, NOWHERE, 512, 4608));
            fails(program.call("pwrite", fd, NOWHERE, 4096, 4096), Errno.EFAULT);
        }));
    }

    /// What was written before the memory ended is behind the end of the file, which does not move.
    @Test
    void aDirectWriteBehindTheEndThatEndsEarlyLeavesTheEndOnXfs() {
        Sandbox sandbox = Sandbox.xfs().file("/mnt/f", 0, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.anonymous(8192);
            program.store(memory, 'y');
            program.must("munmap", memory + 4096, 4096);
            fails(program.call("pwrite", fd, memory, 8192, 0), Errno.EFAULT);
            assertEquals(0, sizeOf(program, fd));
        }));
    }

    @Test
    void aDirectWriteThatExtendsTheFileIsNoBufferedOne() {
        run(0, program -> {
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.anonymous(4096);
            fails(program.call("pwrite", fd, memory, 100, 0), Errno.EINVAL);
            fails(program.call("pwrite", fd, memory, 8192, 0), Errno.EFAULT);
            assertEquals(512, program.must("pwrite", fd, memory, 512, 4096));
            assertEquals(4608, sizeOf(program, fd));
        });
    }

    @Test
    void aDirectReadThatReachesBehindTheEndNeedsAllItsMemory() {
        run(4096, program -> {
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.anonymous(8192);
            program.store(memory + 5000, 1);
            assertEquals(4096, program.must("pread", fd, memory, 8192, 0));
            assertEquals(0, program.load(memory + 5000));
            program.must("munmap", memory + 4096, 4096);
            fails(program.call("pread", fd, memory, 8192, 0), Errno.EFAULT);
        });
    }

    @Test
    void whatAMappingWroteBehindTheEndIsGoneWhenTheFileGrows() {
        run(100, program -> {
            int fd = program.open("/mnt/f", 0);
            long mapping = program.shared(fd, 4096);
            program.store(mapping + 150, 7);
            program.store(mapping + 250, 7);
            program.must("pwrite", fd, program.anonymous(4096), 10, 200);
            assertEquals(0, program.load(mapping + 150));
            assertEquals(7, program.load(mapping + 250));
            program.must("ftruncate", fd, 300);
            assertEquals(0, program.load(mapping + 250));
        });
    }

    @Test
    void truncationTakesThePrivateCopiesToo() {
        run(4096, program -> {
            int fd = program.open("/mnt/f", 0);
            long copy = program.must("mmap", 0, 4096, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_PRIVATE, fd, 0);
            program.store(copy, 7);
            program.must("ftruncate", fd, 0);
            SignalRaised raised = assertThrows(SignalRaised.class, () -> program.load(copy));
            assertEquals(Signal.SIGBUS, raised.signal());
        });
    }

    @Test
    void memoryThatIsOnlyForWritingCannotBeTakenForAWrite() {
        run(0, program -> {
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.must("mmap", 0, 4096, Mman.PROT_WRITE, PRIVATE, -1, 0);
            fails(program.call("pwrite", fd, memory, 512, 0), Errno.EFAULT);
            assertEquals(0, program.load(memory));
        });
    }

    @Test
    void truncatingByOpeningNeedsNoRightToWrite() {
        run(100, program -> {
            int fd = program.open("/mnt/f", 0);
            program.open("/mnt/f", Fcntl.O_TRUNC);
            assertEquals(0, sizeOf(program, fd));
        });
    }

    @Test
    void aMappingIsRefusedInLinuxsOrder() {
        run(0, program -> {
            int fd = program.open("/mnt/f", 0);
            int fixed = Mman.MAP_FIXED | Mman.MAP_SHARED;
            fails(program.call("mmap", NOWHERE + 1, 4096, 1, fixed, 9, 0), Errno.EBADF);
            fails(program.call("mmap", NOWHERE + 1, 4096, 1, Mman.MAP_FIXED, fd, 0), Errno.EINVAL);
            program.must("mmap", NOWHERE, 4096, 1, fixed, fd, 0);
            fails(program.call("mmap", NOWHERE, 4096, 1, Mman.MAP_FIXED_NOREPLACE, fd, 0), Errno.EEXIST);
            fails(program.call("mmap", NOWHERE, 8192, 1, fixed, fd, Long.MAX_VALUE - 4095), Errno.EOVERFLOW);
            assertEquals(NOWHERE + 8192, program.must("mmap", NOWHERE + 8193, 1, 1, Mman.MAP_SHARED, fd, 0));
        });
    }

    @Test
    void aStoreAcrossAPageThatIsNotThereStoresNothing() {
        run(0, program -> {
            long memory = program.anonymous(4096);
            assertThrows(SignalRaised.class, () -> program.store(memory + 4095, 2, 0x0101));
            assertEquals(0, program.load(memory + 4095));
        });
    }

    /// Bytes 0 to 99 are copied to 10 to 109: what was written first is what is read next.
    @Test
    void aCopyWithinAPageGoesForward() {
        run(4096, program -> {
            int fd = program.open("/mnt/f", 0);
            long mapping = program.shared(fd, 4096);
            program.store(mapping, 'x');
            program.must("pwrite", fd, mapping, 100, 10);
            program.store(mapping + 200, 'y');
            program.must("pread", fd, mapping + 210, 100, 200);
            for (int i = 0; i <= 100; i += 10) {
                assertEquals('x', program.load(mapping + i));
                assertEquals('y', program.load(mapping + 200 + i));
            }
        });
    }

    @Test
    void aCopyIntoANewPageThatStopsHalfwayStartsOver() {
        Sandbox sandbox = Sandbox.ext4().hole("/mnt/f", 100);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(4096);
            program.fill(memory + 4086, 10, 3);
            assertEquals(10, program.must("pwrite", fd, memory + 4086, 100, 50));
            assertEquals(10, program.must("pread", fd, memory, 10, 50));
            assertEquals(3, program.load(memory + 9));
        }));
    }
}
