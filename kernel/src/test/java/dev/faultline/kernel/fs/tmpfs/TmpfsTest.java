package dev.faultline.kernel.fs.tmpfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.Turns;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Splice;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What Linux answers on tmpfs, one call after the other; everything was tried on Linux 6.18.
class TmpfsTest {
    private static final int PROT = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long NOWHERE = 16;

    private static void run(OptionalLong sizeBytes, Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.tmpfs(sizeBytes).file("/mnt/f", 4096, 'a');
        assertEquals(List.of(), sandbox.run(() -> body.accept(sandbox.program(1))));
    }

    private static void run(Consumer<Sandbox.Program> body) {
        run(OptionalLong.empty(), body);
    }

    private static void fails(SysResult result, Errno errno) {
        assertEquals(SysResult.err(errno), result);
    }

    @Test
    void directIoIsAcceptedAndNeedsNoAlignment() {
        run(program -> {
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.anonymous(4096);
            assertEquals(3, program.must("pread", fd, memory + 1, 3, 1));
            assertEquals(3, program.must("pwrite", fd, memory + 1, 3, 4095));
            assertEquals(4098, program.must("lseek", fd, 0, Fcntl.SEEK_END));
        });
    }

    @Test
    void aWriteThatCopiesNothingBehindTheEndLeavesALongerFile() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            fails(program.call("pwrite", fd, NOWHERE, 10, 20000), Errno.EFAULT);
            assertEquals(20000, program.must("lseek", fd, 0, Fcntl.SEEK_END));
        });
    }

    @Test
    void aHoleReadsAsZeroesAndStaysAHole() {
        run(OptionalLong.of(4096), program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 8192);
            long memory = program.anonymous(4096);
            assertEquals(4096, program.must("pread", fd, memory, 4096, 4096));
            assertEquals(0, program.load(memory));
        });
    }

    @Test
    void aFullMountTakesNoMorePages() {
        run(OptionalLong.of(8192), program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(3 * 4096);
            assertEquals(4096, program.must("pwrite", fd, memory, 8192, 4096));
            fails(program.call("pwrite", fd, memory, 1, 8192), Errno.ENOSPC);
            program.must("ftruncate", fd, 3 * 4096);
            long mapping = program.shared(fd, 3 * 4096);
            assertThrows(SignalRaised.class, () -> program.store(mapping + 2 * 4096, 1));
            program.must("ftruncate", fd, 0);
            assertEquals(8192, program.must("pwrite", fd, memory, 8192, 4096));
        });
    }

    @Test
    void whatLiesBehindTheEndIsGone() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            long mapping = program.shared(fd, 8192);
            assertThrows(SignalRaised.class, () -> program.load(mapping + 4096));
            program.must("ftruncate", fd, 10);
            program.must("ftruncate", fd, 4096);
            assertEquals('a', program.load(mapping + 9));
            assertEquals(0, program.load(mapping + 10));
            program.must("ftruncate", fd, 0);
            assertThrows(SignalRaised.class, () -> program.load(mapping));
        });
    }

    /// Nothing is written back, so nothing clears them: a file that becomes longer shows them.
    @Test
    void bytesBehindTheEndOfTheLastPageStay() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 100);
            long mapping = program.shared(fd, 4096);
            long memory = program.anonymous(4096);
            program.store(mapping + 200, 'c');
            program.must("fsync", fd);
            program.must("ftruncate", fd, 400);
            program.must("pread", fd, memory, 1, 200);
            assertEquals('c', program.load(memory));
            program.must("ftruncate", fd, 150);
            program.must("ftruncate", fd, 400);
            assertEquals(0, program.load(mapping + 200));
        });
    }

    @Test
    void aPrivateMappingCopiesAndIsTruncatedToo() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            long copy = program.must("mmap", 0, 4096, PROT, Mman.MAP_PRIVATE, fd, 0);
            long mapping = program.shared(fd, 4096);
            program.store(copy, 'b');
            assertEquals('a', program.load(mapping));
            program.must("ftruncate", fd, 0);
            program.must("ftruncate", fd, 4096);
            assertEquals(0, program.load(copy));
        });
    }

    @Test
    void sharedAnonymousMemoryIsAFileThatAChildShares() {
        run(program -> {
            int flags = Mman.MAP_SHARED | Mman.MAP_ANONYMOUS;
            long memory = program.must("mmap", 0, 8192, PROT, flags, -1, 4096);
            assertEquals(0, program.load(memory));
            Sandbox.Program child = program.fork();
            child.store(memory + 4096, 'c');
            assertEquals('c', program.load(memory + 4096));
            program.must("madvise", memory, 8192, Mman.MADV_DONTNEED);
            assertEquals('c', program.load(memory + 4096));
            fails(program.call("madvise", memory, 8192, Mman.MADV_FREE), Errno.EINVAL);
            program.must("msync", memory, 8192, Mman.MS_SYNC);
            fails(program.call("mmap", 0, 4096, PROT, Mman.MAP_SHARED_VALIDATE | Mman.MAP_ANONYMOUS, -1, 0), Errno.EINVAL);
        });
    }

    /// A mapping may become longer than the file behind it, which does not.
    @Test
    void sharedAnonymousMemoryThatIsMadeLongerHasNoMorePages() {
        run(program -> {
            int flags = Mman.MAP_SHARED | Mman.MAP_ANONYMOUS;
            long memory = program.must("mmap", 0, 4096, PROT, flags, -1, 0);
            program.store(memory, 1);
            long longer = program.must("mremap", memory, 4096, 8192, Mman.MREMAP_MAYMOVE, 0);
            assertEquals(1, program.load(longer));
            assertThrows(SignalRaised.class, () -> program.load(longer + 4096));
        });
    }

    @Test
    void numbersEndWhereTheyDoOnLinux() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(8192);
            fails(program.call("pwrite", fd, memory, 3, 0x7fff_ffff_ffff_fffeL), Errno.EINVAL);
            assertEquals(1, program.must("pwrite", fd, memory, 1, 0x7fff_ffff_ffff_fff0L));
            program.must("ftruncate", fd, Long.MAX_VALUE);
            assertEquals(Long.MAX_VALUE, program.must("lseek", fd, Long.MAX_VALUE, Fcntl.SEEK_SET));
            program.must("ftruncate", fd, 5);
        });
    }

    @Test
    void aReadIntoMemoryThatEndsIsShort() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 8192);
            long memory = program.anonymous(8192);
            program.must("munmap", memory + 4096, 4096);
            fails(program.call("pread", fd, NOWHERE, 10, 0), Errno.EFAULT);
            assertEquals(4096, program.must("pread", fd, memory, 8192, 0));
            assertEquals(100, program.must("pread", fd, memory + 3996, 8192, 0));
            assertEquals('a', program.load(memory + 4095));
            assertEquals(8192, program.must("pread", fd, program.anonymous(8192), 8192, 0));
            assertEquals(0, program.must("pread", fd, memory, 10, 8192));
        });
    }

    @Test
    void eachWriteGoesBehindTheLastOne() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(4096);
            program.store(memory, 'x');
            assertEquals(1, program.must("write", fd, memory, 1));
            program.store(memory, 'y');
            assertEquals(1, program.must("write", fd, memory, 1));
            assertEquals(2, program.must("pread", fd, memory, 2, 0));
            assertEquals('x', program.load(memory));
            assertEquals('y', program.load(memory + 1));
            assertEquals(2, program.must("lseek", fd, 0, Fcntl.SEEK_CUR));
        });
    }

    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;

    @Test
    void aHoleTakesWholePagesOutAndZeroesTheRest() {
        run(OptionalLong.of(8192), program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(8192);
            program.fill(memory, 8192, 'b');
            program.must("pwrite", fd, memory, 4096, 4096);
            fails(program.call("pwrite", fd, memory, 1, 8192), Errno.ENOSPC);
            program.must("fallocate", fd, PUNCH, 100, 4095);
            program.must("pread", fd, memory, 8192, 0);
            assertEquals('a', program.load(memory + 99));
            assertEquals(0, program.load(memory + 100));
            assertEquals(0, program.load(memory + 4194));
            assertEquals('b', program.load(memory + 4195));
            fails(program.call("pwrite", fd, memory, 1, 8192), Errno.ENOSPC);
            program.must("fallocate", fd, PUNCH, 0, 4096);
            assertEquals(1, program.must("pwrite", fd, memory, 1, 8192));
        });
    }

    @Test
    void aHoleLeavesCopiesOfPrivateMappings() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 8192);
            long copy = program.must("mmap", 0, 8192, PROT, Mman.MAP_PRIVATE, fd, 0);
            program.store(copy, 'p');
            assertEquals(0, program.load(copy + 4096));
            program.must("fallocate", fd, PUNCH, 0, 8192);
            assertEquals('p', program.load(copy));
            assertEquals(0, program.load(copy + 4096));
        });
    }

    @Test
    void pagesThatAreAllocatedAreZeroesAndCount() {
        run(OptionalLong.of(16384), program -> {
            int fd = program.open("/mnt/f", 0);
            long memory = program.anonymous(4096);
            program.must("fallocate", fd, Fcntl.FALLOC_FL_KEEP_SIZE, 4096, 4096);
            assertEquals(4096, program.must("lseek", fd, 0, Fcntl.SEEK_END));
            program.must("fallocate", fd, 0, 8192, 100);
            assertEquals(8292, program.must("lseek", fd, 0, Fcntl.SEEK_END));
            fails(program.call("fallocate", fd, 0, 0, 20000), Errno.ENOSPC);
            fails(program.call("fallocate", fd, 0, 4096, 16384), Errno.ENOSPC);
            long mapping = program.shared(fd, 12288);
            assertEquals(0, program.load(mapping + 4096));
            program.must("pread", fd, memory, 4096, 8192);
            assertEquals(0, program.load(memory));
            assertEquals(1, program.must("pwrite", fd, memory, 1, 12288));
            fails(program.call("pwrite", fd, memory, 1, 16384), Errno.ENOSPC);
        });
    }

    @Test
    void fallocateRefusesWhatLinuxRefuses() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            int mode = Fcntl.FALLOC_FL_PUNCH_HOLE;
            for (int unknown : new int[] {mode, 4, Fcntl.FALLOC_FL_COLLAPSE_RANGE, Fcntl.FALLOC_FL_ZERO_RANGE, 0x80}) {
                fails(program.call("fallocate", fd, unknown, 0, 4096), Errno.EOPNOTSUPP);
            }
            fails(program.call("fallocate", fd, 0, Long.MAX_VALUE, 1), Errno.EFBIG);
            fails(program.call("fallocate", fd, 0, -1, 1), Errno.EINVAL);
            fails(program.call("fallocate", fd, 0, 0, 0), Errno.EINVAL);
            fails(program.call("fallocate", program.openReadOnly("/mnt/f"), 0, 0, 1), Errno.EBADF);
            fails(program.call("fallocate", 99, 0, -1, 1), Errno.EBADF);
            program.must("fallocate", fd, 0, Long.MAX_VALUE - 1, 1);
            assertEquals(Long.MAX_VALUE, program.must("lseek", fd, 0, Fcntl.SEEK_END));
        });
    }

    @Test
    void adviceToRemovePunchesAHole() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            long mapping = program.shared(fd, 4096);
            assertEquals('a', program.load(mapping));
            program.must("madvise", mapping, 4096, Mman.MADV_REMOVE);
            assertEquals(0, program.load(mapping));
            long copy = program.must("mmap", 0, 4096, PROT, Mman.MAP_PRIVATE, fd, 0);
            fails(program.call("madvise", copy, 4096, Mman.MADV_REMOVE), Errno.EACCES);
            fails(program.call("madvise", program.anonymous(4096), 4096, Mman.MADV_REMOVE), Errno.EINVAL);
            int readOnly = program.openReadOnly("/mnt/f");
            long seen = program.must("mmap", 0, 4096, Mman.PROT_READ, Mman.MAP_SHARED, readOnly, 0);
            fails(program.call("madvise", seen, 4096, Mman.MADV_REMOVE), Errno.EACCES);
        });
    }

    /// Pages go to swap and come back, whoever asks for them; a slot comes free with its page.
    @Test
    void pagesThatWereSwappedOutComeBack() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(8192)).file("/mnt/f", 4096, 'a');
        sandbox.swapOn(1);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long mapping = program.shared(fd, 8192);
            long memory = program.anonymous(4096);
            for (int round = 1; round < 4; round++) {
                program.store(mapping, round);
                int before = program.pagesInUse();
                program.must("madvise", mapping, 4096, Mman.MADV_PAGEOUT);
                assertEquals(before - 1, program.pagesInUse());
                program.must("pread", fd, memory, 4096, 0);
                assertEquals(round, program.load(memory));
                assertEquals('a', program.load(memory + 1));
                program.store(mapping + 1, 'a');
                program.must("madvise", mapping, 4096, Mman.MADV_PAGEOUT);
                assertEquals(round, program.load(mapping));
            }
            program.must("madvise", mapping, 4096, Mman.MADV_PAGEOUT);
            assertEquals(1, program.must("pwrite", fd, memory, 1, 4096));
            fails(program.call("pwrite", fd, memory, 1, 8192), Errno.ENOSPC);
            program.must("ftruncate", fd, 100);
            assertEquals(3, program.load(mapping));
            program.must("madvise", mapping, 4096, Mman.MADV_PAGEOUT);
            program.must("fallocate", fd, PUNCH, 0, 4096);
            assertEquals(0, program.load(mapping));
            assertEquals(8192, program.must("pwrite", fd, program.anonymous(8192), 8192, 0));
        }));
    }

    /// Nobody has stored anything there, so that nothing is lost; its block is given back by whoever counts next.
    @Test
    void aPageThatWasOnlyReadIsDropped() {
        run(OptionalLong.of(8192), program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 3 * 4096);
            long mapping = program.shared(fd, 3 * 4096);
            long memory = program.anonymous(4096);
            program.store(memory, 'b');
            assertEquals(0, program.load(mapping + 4096));
            int before = program.pagesInUse();
            program.must("madvise", mapping + 4096, 4096, Mman.MADV_PAGEOUT);
            assertEquals(before - 1, program.pagesInUse());
            assertEquals(1, program.must("pwrite", fd, memory, 1, 8192));
            assertEquals('b', program.load(mapping + 8192));
        });
    }

    @Test
    void theBlockOfAPageThatWasDroppedIsCountedForAWhile() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 8192);
            long mapping = program.shared(fd, 8192);
            assertEquals(0, program.load(mapping + 4096));
            program.must("madvise", mapping + 4096, 4096, Mman.MADV_PAGEOUT);
        });
    }

    private static long splice(Sandbox.Program program, int fd, int pipe, long memory, long pos, long lengthBytes) {
        program.store(memory, 8, pos);
        return program.must("splice", fd, memory, pipe, 0, lengthBytes, Splice.SPLICE_F_NONBLOCK);
    }

    @Test
    void pagesAndHolesGoThroughAPipe() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("ftruncate", fd, 8192);
            long memory = program.anonymous(20 * 4096);
            program.must("pipe", memory);
            int out = program.load(memory);
            int in = program.load(memory + 4);
            assertEquals(8192, splice(program, fd, in, memory, 0, 100_000));
            assertEquals(8192, program.access().load(memory, 8));
            assertEquals(8192, program.must("read", out, memory, 100_000));
            assertEquals('a', program.load(memory + 4095));
            assertEquals(0, program.load(memory + 4096));
            assertEquals(0, splice(program, fd, in, memory, 8192, 10));
            assertEquals(0, splice(program, fd, in, memory, 9000, 10));
            assertEquals(200, splice(program, fd, in, memory, 4000, 200));
            assertEquals(200, program.must("read", out, memory, 10_000));
            assertEquals('a', program.load(memory + 95));
            assertEquals(0, program.load(memory + 96));
            program.must("ftruncate", fd, 20 * 4096);
            assertEquals(16 * 4096, splice(program, fd, in, memory, 0, 20 * 4096));
        });
    }

    @Test
    void nothingIsWrittenBehindTheLargestSize() {
        run(program -> {
            int fd = program.open("/mnt/f", Fcntl.O_APPEND);
            program.must("ftruncate", fd, Long.MAX_VALUE);
            long memory = program.anonymous(4096);
            fails(program.call("write", fd, memory, 1), Errno.EFBIG);
            assertEquals(0, program.must("write", fd, memory, 0));
        });
    }

    @Test
    void whatWasAllocatedReadsAsZeroes() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            program.must("fallocate", fd, 0, 4096, 4096);
            long memory = program.anonymous(4096);
            program.fill(memory, 3, 'x');
            assertEquals(2, program.must("pread", fd, memory, 2, 4096));
            assertEquals(0, program.load(memory + 1));
            assertEquals('x', program.load(memory + 2));
        });
    }

    /// Wherever the punch is interrupted: the fault does not go round and round until it is over.
    @Test
    void whoTouchesAHoleThatIsPunchedSleeps() {
        for (int steps = 0; steps < 60; steps++) {
            Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(16384)).file("/mnt/f", 8192, 'a');
            AtomicReference<Sandbox.Program> program = new AtomicReference<>();
            AtomicLong mapping = new AtomicLong();
            Turns turns = new Turns(steps);
            assertEquals(List.of(), sandbox.runTogether(turns, () -> {
                program.set(sandbox.program(1));
                mapping.set(program.get().shared(program.get().open("/mnt/f", 0), 8192));
            }, List.of(() -> program.get().must("fallocate", 3, PUNCH, 0, 8192), () -> program.get().load(mapping.get())),
                    () -> assertEquals(0, program.get().load(mapping.get()))));
            assertEquals(new TreeSet<String>(), turns.restless());
        }
    }

    /// Reclaim comes by the second page so many times while fallocate(2) is at work, wherever that is interrupted.
    ///
    /// @return what fallocate(2) answers
    private static TreeSet<String> allocatedWhileReclaimComesBy(int times) {
        TreeSet<String> answers = new TreeSet<>();
        for (int steps = 0; steps < 60; steps++) {
            Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", 4096, 'a');
            sandbox.swapOn(4);
            ShmemInode inode = (ShmemInode) sandbox.mounted().getFirst().inodes().getFirst();
            AtomicReference<Sandbox.Program> program = new AtomicReference<>();
            assertEquals(List.of(), sandbox.runTogether(new Turns(steps), () -> {
                program.set(sandbox.program(1));
                program.get().open("/mnt/f", 0);
            }, List.of(() -> answers.add(program.get().call("fallocate", 3, 0, 0, 3 * 4096).toString()),
                    () -> reclaim(inode, times)), () -> { }));
        }
        return answers;
    }

    private static void reclaim(ShmemInode inode, int times) {
        for (int i = 0; i < times; i++) {
            inode.mapping().getFolio(1).ifPresent(folio -> {
                folio.lock().lock();
                inode.swap().reclaim(folio);
                folio.put();
            });
        }
    }

    /// The first page was there before, and does not count.
    @Test
    void fallocateGivesUpWhenReclaimHasComeByMoreOftenThanItHasMadePages() {
        String done = SysResult.ok(0).toString();
        assertEquals(new TreeSet<>(List.of(done)), allocatedWhileReclaimComesBy(1));
        assertEquals(new TreeSet<>(List.of(done, SysResult.err(Errno.ENOMEM).toString())), allocatedWhileReclaimComesBy(2));
    }
}
