package dev.faultline.kernel.fs.hugetlbfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Huge pages of the pool, and how many of them are promised at any time; every answer and every count was tried on Linux 6.18.
class HugetlbTest {
    private static final long HUGE = 1L << 21;
    private static final int POOL = 8;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int PRIVATE = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_HUGETLB;
    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;
    private static final long ELSEWHERE = 0x2_0000_0000L;

    private interface Body {
        void run(Sandbox.Program program);
    }

    private static List<Finding> findings(Body body) {
        Sandbox sandbox = Sandbox.hugetlb(POOL);
        return sandbox.run(() -> body.run(sandbox.program(1)));
    }

    private static void run(Body body) {
        assertEquals(List.of(), findings(body));
    }

    private static long map(Sandbox.Program program, long pages, int flags, int fd) {
        return program.must("mmap", 0, pages * HUGE, RW, flags, fd, 0);
    }

    private static int memfd(Sandbox.Program program) {
        return (int) program.must("memfd_create", program.anonymous(4096), Mman.MFD_HUGETLB);
    }

    private static void fails(Errno errno, SysResult result) {
        assertEquals(SysResult.err(errno), result);
    }

    private static void dies(Runnable access) {
        assertEquals(Signal.SIGBUS, assertThrows(SignalRaised.class, access::run).signal());
    }

    /// {@return how many pages are free and not promised}
    private static int available(Sandbox.Program program) {
        int pages = POOL;
        while (pages > 0) {
            SysResult mapped = program.call("mmap", 0, pages * HUGE, RW, PRIVATE, -1, 0);
            if (mapped instanceof SysResult.Ok(long start)) {
                program.must("munmap", start, pages * HUGE);
                return pages;
            }
            pages--;
        }
        return 0;
    }

    @Test
    void aPrivateMappingIsPromisedAllOfItsPages() {
        run(program -> {
            long p = map(program, 3, PRIVATE, -1);
            assertEquals(5, available(program));
            program.store(p, 'a');
            assertEquals(5, available(program));
            program.must("munmap", p + HUGE, HUGE);
            assertEquals(6, available(program));
            program.must("munmap", p, HUGE);
            assertEquals(7, available(program));
            program.must("munmap", p + 2 * HUGE, HUGE);
            assertEquals(POOL, available(program));
        });
    }

    @Test
    void aPageThatIsGivenBackIsPromisedAgain() {
        run(program -> {
            long p = map(program, 1, PRIVATE, -1);
            program.store(p, 'a');
            program.must("madvise", p, HUGE, Mman.MADV_DONTNEED);
            assertEquals(7, available(program));
            long rest = map(program, 7, PRIVATE, -1);
            assertEquals(0, program.load(p));
            program.must("munmap", rest, 7 * HUGE);
        });
    }

    @Test
    void aMappingThatMovesTakesItsPromisesAlong() {
        run(program -> {
            long p = map(program, 1, PRIVATE, -1);
            program.must("mremap", p, HUGE, HUGE, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, ELSEWHERE);
            assertEquals(7, available(program));
            program.store(ELSEWHERE, 'a');
            assertEquals(7, available(program));
            program.must("munmap", ELSEWHERE, HUGE);
            assertEquals(POOL, available(program));
        });
    }

    @Test
    void whatIsLeftOfAMappingThatMovedInPartIsPromisedNothing() {
        List<Finding> findings = findings(program -> {
            long p = map(program, 3, PRIVATE, -1);
            program.must("mremap", p + HUGE, HUGE, HUGE, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, ELSEWHERE);
            program.store(ELSEWHERE, 'a');
            program.store(p, 'a');
            program.must("munmap", p, HUGE);
            program.must("munmap", p + 2 * HUGE, HUGE);
            program.must("munmap", ELSEWHERE, HUGE);
            assertEquals(6, available(program));
        });
        assertEquals(List.of(Kind.LEAK), findings.stream().map(Finding::kind).toList());
        assertTrue(findings.getFirst().summary().contains("8 are free and 2 promised"), findings.toString());
    }

    @Test
    void aFileIsPromisedEachPageOnceHoweverOftenItIsMapped() {
        run(program -> {
            int m = memfd(program);
            long p = map(program, 4, Mman.MAP_SHARED, m);
            long q = map(program, 4, Mman.MAP_SHARED, m);
            assertEquals(4, available(program));
            program.store(p, 'a');
            assertEquals('a', program.load(q));
            program.must("munmap", p, 4 * HUGE);
            program.must("munmap", q, 4 * HUGE);
            assertEquals(4, available(program));
            program.must("ftruncate", m, 2 * HUGE);
            assertEquals(6, available(program));
            program.must("fallocate", m, PUNCH, 0, 2 * HUGE);
            assertEquals(7, available(program));
            program.must("close", m);
            assertEquals(POOL, available(program));
        });
    }

    @Test
    void aFileLivesAsLongAsItIsMapped() {
        run(program -> {
            int m = memfd(program);
            long p = map(program, 1, Mman.MAP_SHARED, m);
            program.store(p, 'a');
            program.must("close", m);
            assertEquals('a', program.load(p));
            program.must("munmap", p, HUGE);
            assertEquals(POOL, available(program));
        });
    }

    @Test
    void aMappingToReadDoesNotMakeTheFileLonger() {
        run(program -> {
            int m = memfd(program);
            long p = program.must("mmap", 0, HUGE, Mman.PROT_READ, Mman.MAP_SHARED, m, 0);
            dies(() -> program.load(p));
            program.must("munmap", p, HUGE);
            assertEquals(7, available(program));
            long q = map(program, 1, Mman.MAP_SHARED, m);
            assertEquals(0, program.load(q));
            assertEquals(7, available(program));
        });
    }

    @Test
    void withoutAPromiseAFaultTakesWhatIsFree() {
        run(program -> {
            long p = map(program, POOL + 1, PRIVATE | Mman.MAP_NORESERVE, -1);
            assertEquals(POOL, available(program));
            for (int i = 0; i < POOL; i++) {
                program.store(p + i * HUGE, 'a');
            }
            dies(() -> program.store(p + POOL * HUGE, 'a'));
            program.must("munmap", p, HUGE);
            program.store(p + POOL * HUGE, 'a');
        });
    }

    @Test
    void withoutAPromiseAFaultLeavesWhatIsPromised() {
        run(program -> {
            long promised = map(program, POOL, PRIVATE, -1);
            long p = map(program, 1, PRIVATE | Mman.MAP_NORESERVE, -1);
            dies(() -> program.store(p, 'a'));
            program.store(promised, 'a');
        });
    }

    @Test
    void aReadOfAPrivateMappingMakesAPageOfItsOwn() {
        run(program -> {
            int m = memfd(program);
            long p = map(program, 2, Mman.MAP_PRIVATE, m);
            assertEquals(0, program.load(p));
            program.store(p, 'a');
            assertEquals(6, available(program));
            long shared = map(program, 1, Mman.MAP_SHARED, m);
            assertEquals(5, available(program));
            assertEquals(0, program.load(shared));
            program.must("ftruncate", m, 0);
            dies(() -> program.load(p));
            assertEquals(6, available(program));
        });
    }

    @Test
    void aPrivateMappingCopiesThePageOfTheFile() {
        run(program -> {
            int m = memfd(program);
            long shared = map(program, 1, Mman.MAP_SHARED, m);
            program.store(shared, 'f');
            program.store(shared + 5 * 4096, 'g');
            long own = map(program, 1, Mman.MAP_PRIVATE, m);
            assertEquals('f', program.load(own));
            assertEquals(6, available(program));
            program.store(own, 'o');
            assertEquals('g', program.load(own + 5 * 4096));
            assertEquals('f', program.load(shared));
            assertEquals(6, available(program));
            program.must("fallocate", m, PUNCH, 0, HUGE);
            assertEquals(0, program.load(own));
            assertEquals(0, program.load(shared));
        });
    }

    @Test
    void aHoleOfAPartIsZeroes() {
        run(program -> {
            int m = memfd(program);
            long p = map(program, 2, Mman.MAP_SHARED, m);
            for (long at : List.of(0L, 4096L, HUGE - 1, HUGE, 2 * HUGE - 1)) {
                program.store(p + at, 'a');
            }
            program.must("fallocate", m, PUNCH, 4096, HUGE);
            assertEquals(List.of((int) 'a', 0, 0, 0, (int) 'a'),
                    List.of(0L, 4096L, HUGE - 1, HUGE, 2 * HUGE - 1).stream().map(at -> program.load(p + at)).toList());
            program.must("fallocate", m, PUNCH, 0, 1);
            assertEquals(0, program.load(p));
            assertEquals(6, available(program));
        });
    }

    @Test
    void pagesThatWereAllocatedStayWhereTheNextOneCannotBe() {
        run(program -> {
            int m = memfd(program);
            program.must("fallocate", m, 0, 0, 3 * HUGE);
            assertEquals(5, available(program));
            fails(Errno.ENOSPC, program.call("fallocate", m, Fcntl.FALLOC_FL_KEEP_SIZE, 0, 20 * HUGE));
            assertEquals(0, available(program));
            assertEquals(3 * HUGE, program.must("lseek", m, 0, 2));
            program.must("ftruncate", m, HUGE);
            assertEquals(7, available(program));
        });
    }

    @Test
    void readingSeesPagesAndHoles() {
        run(program -> {
            int m = memfd(program);
            long p = map(program, 2, Mman.MAP_SHARED, m);
            long buffer = program.anonymous(3 * 4096);
            program.store(p + HUGE + 4095, 'x');
            program.store(p + HUGE + 4096, 'y');
            assertEquals(8192, program.must("pread", m, buffer, 8192, HUGE - 1));
            assertEquals(List.of(0, 0, (int) 'x', (int) 'y', 0),
                    List.of(0, 4095, 4096, 4097, 4098).stream().map(at -> program.load(buffer + at)).toList());
            assertEquals(1, program.must("pread", m, buffer, 100, 2 * HUGE - 1));
            fails(Errno.EFAULT, program.call("pread", m, 8, 100, 0));
            fails(Errno.EINVAL, program.call("write", m, buffer, 1));
        });
    }

    @Test
    void aChildHasNoPromises() {
        run(program -> {
            long p = map(program, 2, PRIVATE, -1);
            program.store(p, 'a');
            Sandbox.Program child = program.fork();
            assertEquals(6, available(program));
            assertEquals('a', child.load(p));
            child.store(p, 'c');
            assertEquals(5, available(program));
            assertEquals('a', program.load(p));
            program.store(p, 'b');
            assertEquals(5, available(program));
            assertEquals('c', child.load(p));
            child.must("munmap", p, 2 * HUGE);
            assertEquals(6, available(program));
        });
    }

    @Test
    void aParentTakesThePageFromItsChildWhereNoneIsLeft() {
        run(program -> {
            long p = map(program, 1, PRIVATE, -1);
            program.store(p, 'a');
            map(program, POOL - 1, PRIVATE, -1);
            Sandbox.Program child = program.fork();
            assertEquals('a', child.load(p));
            program.store(p, 'b');
            dies(() -> child.load(p));
            dies(() -> child.store(p, 'c'));
            Sandbox.Program second = program.fork();
            assertEquals('b', second.load(p));
            dies(() -> second.store(p, 'c'));
            assertEquals('b', second.load(p));
            assertEquals('b', program.load(p));
        });
    }

    @Test
    void theLastWhoHasAPageWritesInPlace() {
        run(program -> {
            long p = map(program, 1, PRIVATE, -1);
            program.store(p, 'a');
            map(program, POOL - 1, PRIVATE, -1);
            Sandbox.Program child = program.fork();
            program.must("munmap", p, HUGE);
            child.store(p, 'c');
            assertEquals('c', child.load(p));
        });
    }

    @Test
    void aSharedMappingIsSharedWithAChild() {
        run(program -> {
            long p = map(program, 1, Mman.MAP_SHARED | Mman.MAP_ANONYMOUS | Mman.MAP_HUGETLB, -1);
            Sandbox.Program child = program.fork();
            child.store(p, 'c');
            assertEquals('c', program.load(p));
            program.must("mprotect", p, HUGE, Mman.PROT_READ);
            assertThrows(SignalRaised.class, () -> program.store(p, 'a'));
            child.store(p, 'd');
            program.must("mprotect", p, HUGE, RW);
            program.store(p, 'e');
            assertEquals('e', child.load(p));
        });
    }
}
