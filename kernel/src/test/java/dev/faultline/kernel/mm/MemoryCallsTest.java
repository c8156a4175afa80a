package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// What the calls that change an address space answer, as Linux 6.18 on x86-64 answered when asked.
class MemoryCallsTest {
    private static final long P = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Runs a program with 16 pages of memory, the third of which is unmapped, and a file of 8 pages.
    private static void run(Body body) {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 8 * P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long memory = program.anonymous(16 * P);
            for (int page = 0; page < 16; page++) {
                program.store(memory + page * P, 10 + page);
            }
            program.must("munmap", memory + 2 * P, P);
            body.run(program, memory);
        }));
    }

    private static void fails(Errno errno, SysResult result) {
        assertEquals(SysResult.err(errno), result);
    }

    @Test
    void mprotectChecksItsArgumentsInLinuxsOrder() {
        run((program, p) -> {
            fails(Errno.EINVAL, program.call("mprotect", p + 1, P, 0));
            assertEquals(0, program.must("mprotect", p, 0, 99));
            fails(Errno.EINVAL, program.call("mprotect", p, P, 99));
            fails(Errno.ENOMEM, program.call("mprotect", p, -1, 0));
            fails(Errno.ENOMEM, program.call("mprotect", -4096, 2 * P, 0));
            assertEquals(0, program.must("mprotect", p, P, Mman.PROT_SEM));
        });
    }

    @Test
    void mprotectChangesWhatLiesInFrontOfAHole() {
        run((program, p) -> {
            fails(Errno.ENOMEM, program.call("mprotect", p + P, 3 * P, Mman.PROT_READ));
            fails(Errno.EINVAL, program.call("madvise", p + P, P, Mman.MADV_POPULATE_WRITE));
            assertEquals(0, program.must("madvise", p + 3 * P, P, Mman.MADV_POPULATE_WRITE));
            fails(Errno.ENOMEM, program.call("mprotect", p + 2 * P, 2 * P, Mman.PROT_READ));
        });
    }

    @Test
    void mprotectGivesNoWriteAccessToASharedMappingOfAFileOpenedForReading() {
        run((program, p) -> {
            int fd = program.openReadOnly("/mnt/f");
            long shared = program.must("mmap", 0, 8 * P, Mman.PROT_READ, Mman.MAP_SHARED, fd, 0);
            long copy = program.must("mmap", 0, 8 * P, Mman.PROT_READ, Mman.MAP_PRIVATE, fd, 0);
            fails(Errno.EACCES, program.call("mprotect", shared, P, RW));
            assertEquals(0, program.must("mprotect", copy, P, RW));
            program.store(copy, 'x');
            assertEquals('a', program.load(shared));
        });
    }

    @Test
    void madviseGoesOnBehindAHoleAndTellsOfItAtTheEnd() {
        run((program, p) -> {
            fails(Errno.ENOMEM, program.call("madvise", p, 4 * P, Mman.MADV_DONTNEED));
            assertEquals(0, program.load(p));
            assertEquals(0, program.load(p + 3 * P));
            assertEquals(14, program.load(p + 4 * P));
            fails(Errno.ENOMEM, program.call("madvise", p + 2 * P, 2 * P, Mman.MADV_WILLNEED));
            fails(Errno.EINVAL, program.call("madvise", p, -1, Mman.MADV_DONTNEED));
            fails(Errno.EINVAL, program.call("madvise", p, 0, 99));
            assertEquals(0, program.must("madvise", p, 0, Mman.MADV_DONTNEED));
        });
    }

    @Test
    void lockedMemoryIsNotGivenBack() {
        run((program, p) -> {
            assertEquals(0, program.must("mlock", p, P));
            fails(Errno.EINVAL, program.call("madvise", p, P, Mman.MADV_DONTNEED));
            fails(Errno.EINVAL, program.call("madvise", p, P, Mman.MADV_FREE));
            fails(Errno.EINVAL, program.call("madvise", p, P, Mman.MADV_PAGEOUT));
            fails(Errno.EBUSY, program.call("msync", p, P, Mman.MS_INVALIDATE));
            assertEquals(0, program.must("msync", p, P, Mman.MS_SYNC));
            assertEquals(10, program.load(p));
            assertEquals(0, program.must("madvise", p, P, Mman.MADV_DONTNEED_LOCKED));
            assertEquals(0, program.must("munlock", p, P));
            assertEquals(0, program.must("madvise", p, P, Mman.MADV_DONTNEED));
        });
    }

    @Test
    void mlockOverAHoleLocksWhatLiesInFrontOfIt() {
        run((program, p) -> {
            fails(Errno.ENOMEM, program.call("mlock", p, 4 * P));
            fails(Errno.EINVAL, program.call("madvise", p + P, P, Mman.MADV_DONTNEED));
            assertEquals(0, program.must("madvise", p + 3 * P, P, Mman.MADV_DONTNEED));
            fails(Errno.EINVAL, program.call("mlock", p, -P));
            assertEquals(0, program.must("mlock", p + 5, 1));
            program.must("mprotect", p, P, Mman.PROT_NONE);
            fails(Errno.ENOMEM, program.call("mlock", p, P));
        });
    }

    @Test
    void populatingSaysWhatAnAccessWouldMeet() {
        run((program, p) -> {
            int fd = program.open("/mnt/f", 0);
            long shared = program.shared(fd, 16 * P);
            assertEquals(0, program.must("madvise", shared, 8 * P, Mman.MADV_POPULATE_WRITE));
            fails(Errno.EFAULT, program.call("madvise", shared, 9 * P, Mman.MADV_POPULATE_READ));
            fails(Errno.ENOMEM, program.call("mlock", shared, 9 * P));
            fails(Errno.ENOMEM, program.call("madvise", p, 4 * P, Mman.MADV_POPULATE_READ));
            program.must("mprotect", p, P, Mman.PROT_NONE);
            fails(Errno.EINVAL, program.call("madvise", p, P, Mman.MADV_POPULATE_READ));
        });
    }

    @Test
    void msyncTellsOfHoles() {
        run((program, p) -> {
            fails(Errno.EINVAL, program.call("msync", p, P, Mman.MS_SYNC | Mman.MS_ASYNC));
            fails(Errno.EINVAL, program.call("msync", p + 1, P, Mman.MS_SYNC));
            fails(Errno.ENOMEM, program.call("msync", p, 4 * P, Mman.MS_SYNC));
            fails(Errno.ENOMEM, program.call("msync", p, 4 * P, Mman.MS_ASYNC));
            fails(Errno.ENOMEM, program.call("msync", p, -P, Mman.MS_SYNC));
            assertEquals(0, program.must("msync", p + 2 * P, 0, Mman.MS_SYNC));
            assertEquals(0, program.must("msync", p, P, 0));
        });
    }

    @Test
    void mremapChecksItsArguments() {
        run((program, p) -> {
            int may = Mman.MREMAP_MAYMOVE;
            int fixed = may | Mman.MREMAP_FIXED;
            fails(Errno.EINVAL, program.call("mremap", p + 1, P, P, may, 0));
            fails(Errno.EINVAL, program.call("mremap", p, P, 0, may, 0));
            fails(Errno.EINVAL, program.call("mremap", p, P, P, 8, 0));
            fails(Errno.EFAULT, program.call("mremap", p + 2 * P, P, P, may, 0));
            fails(Errno.ENOMEM, program.call("mremap", p, P, 2 * P, 0, 0));
            fails(Errno.EFAULT, program.call("mremap", p, 4 * P, 8 * P, may, 0));
            fails(Errno.EINVAL, program.call("mremap", p, P, P, Mman.MREMAP_FIXED, p + 9 * P));
            fails(Errno.EINVAL, program.call("mremap", p, P, P, fixed, p + 9 * P + 1));
            fails(Errno.EINVAL, program.call("mremap", p, 2 * P, 2 * P, fixed, p + P));
            fails(Errno.EINVAL, program.call("mremap", p, 0, P, may, 0));
            fails(Errno.EINVAL, program.call("mremap", p, P, P, fixed, (1L << 47) - P));
            fails(Errno.EINVAL, program.call("mremap", p, P, 2 * P, may | Mman.MREMAP_DONTUNMAP, 0));
            assertEquals(p, program.must("mremap", p, 4 * P, 4 * P, 0, 0));
        });
    }

    @Test
    void mremapMovesAreasOneByOneAndLeavesWhatAHoleComesTo() {
        run((program, p) -> {
            int fixed = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;
            assertEquals(p + 10 * P, program.must("mremap", p, 4 * P, 4 * P, fixed, p + 10 * P));
            assertEquals(10, program.load(p + 10 * P));
            assertEquals(13, program.load(p + 13 * P));
            program.must("msync", p + 12 * P, P, Mman.MS_ASYNC);
            fails(Errno.EFAULT, program.call("mremap", p, P, P, Mman.MREMAP_MAYMOVE, 0));
            fails(Errno.EFAULT, program.call("mremap", p, 4 * P, 4 * P, fixed, p + 10 * P));
        });
    }

    @Test
    void mremapGrowsInPlaceWhereThereIsRoom() {
        run((program, p) -> {
            assertEquals(p + P, program.must("mremap", p + P, P, 2 * P, 0, 0));
            assertEquals(11, program.load(p + P));
            assertEquals(0, program.load(p + 2 * P));
            assertEquals(p, program.must("mremap", p, 5 * P, 2 * P, 0, 0));
            fails(Errno.ENOMEM, program.call("msync", p + 2 * P, P, Mman.MS_ASYNC));
            long moved = program.must("mremap", p + 5 * P, 3 * P, 4 * P, Mman.MREMAP_MAYMOVE, 0);
            assertEquals(17, program.load(moved + 2 * P));
            assertEquals(0, program.load(moved + 3 * P));
        });
    }

    @Test
    void mremapOfNothingMapsSharedMemoryOnceMore() {
        run((program, p) -> {
            long shared = program.shared(program.open("/mnt/f", 0), 8 * P);
            long again = program.must("mremap", shared + P, 0, P, Mman.MREMAP_MAYMOVE, 0);
            program.store(again, 'z');
            assertEquals('z', program.load(shared + P));
        });
    }

    @Test
    void neighboursThatAreAlikeAreOneArea() {
        run((program, p) -> {
            program.must("mprotect", p + 5 * P, P, Mman.PROT_READ);
            fails(Errno.EFAULT, program.call("mremap", p + 4 * P, 3 * P, 4 * P, Mman.MREMAP_MAYMOVE, 0));
            program.must("mprotect", p + 5 * P, P, RW);
            program.must("mremap", p + 4 * P, 3 * P, 4 * P, Mman.MREMAP_MAYMOVE, 0);
        });
    }

    private static long at(Sandbox.Program program, long address, long pages, int protection) {
        return program.must("mmap", address, pages * P, protection, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
    }

    /// What mremap says to a range that grows, which has to be one area.
    private static SysResult grown(Sandbox.Program program, long address, long pages) {
        return program.call("mremap", address, pages * P, (pages + 1) * P, Mman.MREMAP_MAYMOVE, 0);
    }

    @Test
    void memoryThatWasWrittenApartStaysTwoAreas() {
        run((program, p) -> {
            long q = at(program, 1L << 40, 1, RW);
            program.store(q, 1);
            program.store(at(program, q + 2 * P, 1, RW), 2);
            at(program, q + P, 1, RW); // goes to the area before it
            fails(Errno.EFAULT, grown(program, q, 3));
            program.must("mremap", q, 2 * P, 3 * P, Mman.MREMAP_MAYMOVE, 0);
        });
    }

    @Test
    void memoryThatMovedRemembersItsPlaceIfItWasWritten() {
        run((program, p) -> {
            for (boolean written : new boolean[] {true, false}) {
                long q = at(program, written ? 1L << 40 : 1L << 41, 1, RW);
                program.store(q, 1);
                long moved = at(program, q + 20 * P, 1, RW);
                if (written) {
                    program.store(moved, 2);
                }
                program.must("mremap", moved, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, q + P);
                assertEquals(written, grown(program, q, 2).equals(SysResult.err(Errno.EFAULT)));
            }
        });
    }

    @Test
    void memoryThatWasWritableOnceIsAccountedForIfItWasWritten() {
        run((program, p) -> {
            for (boolean written : new boolean[] {true, false}) {
                long q = at(program, written ? 1L << 40 : 1L << 41, 2, Mman.PROT_READ);
                program.must("mprotect", q, P, RW);
                if (written) {
                    program.store(q, 1);
                }
                program.must("mprotect", q, P, Mman.PROT_READ);
                assertEquals(written, grown(program, q, 2).equals(SysResult.err(Errno.EFAULT)));
            }
        });
    }

    @Test
    void neighboursThatAreWrittenOneAfterTheOtherCanBeOneAreaAgain() {
        run((program, p) -> {
            long q = at(program, 1L << 40, 2, RW);
            program.must("mprotect", q, P, Mman.PROT_READ);
            program.store(q + P, 1);
            program.must("mprotect", q, P, RW);
            program.store(q, 1);
            program.must("mremap", q, 2 * P, 3 * P, Mman.MREMAP_MAYMOVE, 0);
        });
    }

    @Test
    void memoryThatIsForWritingOnlyCanBeReadButNotPopulatedForReading() {
        run((program, p) -> {
            program.must("mprotect", p, P, Mman.PROT_WRITE);
            assertEquals(10, program.load(p));
            fails(Errno.EINVAL, program.call("madvise", p, P, Mman.MADV_POPULATE_READ));
            assertEquals(0, program.must("madvise", p, P, Mman.MADV_POPULATE_WRITE));
        });
    }

    @Test
    void filesHaveNoHugePagesAndWithoutAPoolThereAreNoOthers() {
        run((program, p) -> {
            int huge = Mman.MAP_PRIVATE | Mman.MAP_HUGETLB;
            fails(Errno.EINVAL, program.call("mmap", 0, P, RW, huge, program.open("/mnt/f", 0), 0));
            fails(Errno.EBADF, program.call("mmap", 0, P, RW, huge, 99, 0));
            int anonymous = huge | Mman.MAP_ANONYMOUS;
            fails(Errno.ENOMEM, program.call("mmap", 0, P, RW, anonymous, -1, 0));
            fails(Errno.EINVAL, program.call("mmap", 0, P, RW, anonymous | 20 << Mman.HUGE_SHIFT, -1, 0));
            assertThrows(NotModelled.class, () -> program.call("mmap", 0, P, RW, anonymous | Mman.MAP_NORESERVE, -1, 0));
        });
    }

    @Test
    void anAccessOverTheEndOfAPageIsOneOfTwoPages() {
        run((program, p) -> {
            program.access().store(p + P - 3, 8, 0x0807060504030201L);
            assertEquals(0x0807060504030201L, program.access().load(p + P - 3, 8));
            assertEquals(0x04, program.load(p + P));
            assertThrows(SignalRaised.class, () -> program.access().store(p + 2 * P - 4, 8, -1)); // a hole behind it
            assertEquals(0, program.access().load(p + 2 * P - 4, 4));
        });
    }

    @Test
    void noProgramHasMemoryBeyondTheEndOfItsAddressSpace() {
        run((program, p) -> {
            for (long address : new long[] {Mm.TASK_SIZE, -P, Long.MIN_VALUE}) {
                assertThrows(SignalRaised.class, () -> program.access().load(address, 1));
                assertThrows(SignalRaised.class, () -> program.access().store(address, 1, 0));
            }
        });
    }

    @Test
    void adviceThatThereIsNotIsRefused() {
        run((program, p) -> {
            for (int advice : new int[] {-1, 5, 6, 7, 26, 100}) {
                fails(Errno.EINVAL, program.call("madvise", p, P, advice));
            }
            for (int advice : new int[] {Mman.MADV_NORMAL, Mman.MADV_WILLNEED, Mman.MADV_DONTFORK, Mman.MADV_DOFORK, 12, 13, 16, 17}) {
                assertEquals(0, program.must("madvise", p, P, advice));
            }
        });
    }

    @Test
    void onlyMemoryOfOneProgramAloneIsWipedInAChild() {
        run((program, p) -> {
            int fd = program.open("/mnt/f", 0);
            long shared = program.must("mmap", 0, P, RW, Mman.MAP_SHARED | Mman.MAP_ANONYMOUS, -1, 0);
            long copy = program.must("mmap", 0, P, RW, Mman.MAP_PRIVATE, fd, 0);
            fails(Errno.EINVAL, program.call("madvise", shared, P, Mman.MADV_WIPEONFORK));
            fails(Errno.EINVAL, program.call("madvise", copy, P, Mman.MADV_WIPEONFORK));
            assertEquals(0, program.must("madvise", shared, P, Mman.MADV_KEEPONFORK));
            assertEquals(0, program.must("madvise", p, P, Mman.MADV_WIPEONFORK));
            Sandbox.Program child = program.fork();
            assertEquals(0, child.load(p));
            assertEquals(11, child.load(p + P));
            child.exit(0);
        });
    }

    /// Whether two pages are one area shows where they are to become larger: that is refused if they are two.
    private static void areOneArea(boolean one, Sandbox.Program program, long p) {
        if (one) {
            assertEquals(p, program.must("mremap", p, 2 * P, 3 * P, Mman.MREMAP_MAYMOVE, 0)); // there is room behind it
            program.must("munmap", p + 2 * P, P);
        } else {
            fails(Errno.EFAULT, program.call("mremap", p, 2 * P, 3 * P, Mman.MREMAP_MAYMOVE, 0));
        }
    }

    @Test
    void adviceOnReadingAheadDividesAnArea() {
        run((program, p) -> {
            areOneArea(true, program, p);
            program.must("madvise", p, P, Mman.MADV_RANDOM);
            areOneArea(false, program, p);
            program.must("madvise", p + P, P, Mman.MADV_SEQUENTIAL);
            areOneArea(false, program, p);
            program.must("madvise", p, P, Mman.MADV_SEQUENTIAL);
            areOneArea(true, program, p);
            program.must("madvise", p, P, Mman.MADV_NORMAL);
            areOneArea(false, program, p);
            program.must("madvise", p + P, P, Mman.MADV_NORMAL);
            areOneArea(true, program, p);
            program.must("mlock", p, P);
            areOneArea(false, program, p);
        });
    }

    @Test
    void noHoleIsMadeUnderLockedOrPrivateMemory() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", 2 * P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long shared = program.shared(fd, 2 * P);
            long copy = program.must("mmap", 0, P, RW, Mman.MAP_PRIVATE, fd, 0);
            long readOnly = program.must("mmap", 0, P, Mman.PROT_READ, Mman.MAP_SHARED, program.openReadOnly("/mnt/f"), 0);
            program.must("mlock", shared, P);
            fails(Errno.EINVAL, program.call("madvise", shared, P, Mman.MADV_REMOVE));
            fails(Errno.EACCES, program.call("madvise", copy, P, Mman.MADV_REMOVE));
            fails(Errno.EACCES, program.call("madvise", readOnly, P, Mman.MADV_REMOVE));
            assertEquals('a', program.load(copy));
            assertEquals(0, program.must("madvise", shared + P, P, Mman.MADV_REMOVE));
            assertEquals(0, program.load(shared + P));
            fails(Errno.EINVAL, program.call("madvise", shared, P, Mman.MADV_COLD));
            assertEquals(0, program.must("madvise", shared + P, P, Mman.MADV_COLD));
        }));
    }

    @Test
    void lockedMemoryThatGrowsIsThereAtOnce() {
        run((program, p) -> {
            program.must("mlock", p, 2 * P);
            assertEquals(p, program.must("mremap", p, 2 * P, 3 * P, Mman.MREMAP_MAYMOVE, 0));
            assertTrue(program.mm().slot(p + 2 * P).peek() instanceof Pte.Present);
            program.must("munlock", p, 3 * P);
            program.must("munmap", p + 2 * P, P);
            program.must("mremap", p, 2 * P, 3 * P, Mman.MREMAP_MAYMOVE, 0);
            assertEquals(Pte.NONE, program.mm().slot(p + 2 * P).peek());
        });
    }

    @Test
    void mremapTakesNoLengthsThatThereAreNot() {
        run((program, p) -> {
            fails(Errno.EINVAL, program.call("mremap", p, P, 0, Mman.MREMAP_MAYMOVE, 0));
            fails(Errno.EINVAL, program.call("mremap", p, P, -P, Mman.MREMAP_MAYMOVE, 0));
            fails(Errno.EINVAL, program.call("mremap", p, P, Mm.TASK_SIZE + P, Mman.MREMAP_MAYMOVE, 0));
            fails(Errno.EINVAL, program.call("mremap", p, 2 * P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_DONTUNMAP, p + 64 * P));
            fails(Errno.EINVAL, program.call("mremap", p, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, Mm.TASK_SIZE));
            fails(Errno.EINVAL, program.call("mremap", p, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, -P));
            fails(Errno.EINVAL, program.call("mremap", p, 0, P, Mman.MREMAP_MAYMOVE, 0));
            assertEquals(10, program.load(p));
        });
    }

    @Test
    void writingIsPermittedAgainOnlyWhereNobodyHasToBeTold() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long shared = program.shared(fd, P);
            program.load(shared);
            program.must("mprotect", shared, P, Mman.PROT_READ);
            program.must("mprotect", shared, P, RW);
            assertFalse(isWritable(program, shared)); // the file system is to hear of a store
            program.store(shared, 'b');
            program.must("mprotect", shared, P, Mman.PROT_READ);
            program.must("mprotect", shared, P, RW);
            assertTrue(isWritable(program, shared));
            long mine = program.anonymous(P);
            program.store(mine, 1);
            Sandbox.Program child = program.fork();
            program.must("mprotect", mine, P, Mman.PROT_READ);
            program.must("mprotect", mine, P, RW);
            assertFalse(isWritable(program, mine));
            program.store(mine, 2);
            assertEquals(1, child.load(mine));
            child.exit(0);
            program.must("mprotect", mine, P, Mman.PROT_READ);
            program.must("mprotect", mine, P, RW);
            assertTrue(isWritable(program, mine));
        }));
        Sandbox tmpfs = Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", P, 'a');
        assertEquals(List.of(), tmpfs.run(() -> {
            Sandbox.Program program = tmpfs.program(1);
            long shared = program.shared(program.open("/mnt/f", 0), P);
            program.load(shared);
            program.must("mprotect", shared, P, Mman.PROT_READ);
            program.must("mprotect", shared, P, RW);
            assertTrue(isWritable(program, shared));
        }));
    }

    private static boolean isWritable(Sandbox.Program program, long address) {
        return program.mm().slot(address).peek() instanceof Pte.Present present && present.writable();
    }

    @Test
    void aCopyThatAFirstStoreMakesGoesToAChild() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long copy = program.must("mmap", 0, P, RW, Mman.MAP_PRIVATE, program.open("/mnt/f", 0), 0);
            program.store(copy, 'b');
            Sandbox.Program child = program.fork();
            assertEquals('b', child.load(copy));
            child.exit(0);
        }));
    }
}
