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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// When small pages may become a huge one, and when they stay what they are. All results are those of v6.18.
class CollapseTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;
    private static final int MOST_SHARED = 256;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Runs a program with twice 2 MiB, of each of which a page was written.
    private static void run(Body body) {
        Sandbox sandbox = Sandbox.huge(Thp.MADVISE).file("/mnt/f", P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long memory = program.anonymous(2 * HUGE);
            program.store(memory, 1);
            program.store(memory + HUGE, 2);
            body.run(program, memory);
        }));
    }

    private static SysResult collapse(Sandbox.Program program, long address, long lengthBytes) {
        return program.call("madvise", address, lengthBytes, Mman.MADV_COLLAPSE);
    }

    private static boolean isHuge(Sandbox.Program program, long address) {
        return program.mm().pmd(address).orElseThrow().isHuge();
    }

    private static Folio page(Sandbox.Program program, long address) {
        return ((Pte.Present) program.mm().slot(address).peek()).folio();
    }

    private static void daemon(Sandbox.Program program, long address) {
        new Collapse(new PhysicalMemory(program.mm().machine())).khugepaged(program.mm(), address);
        assertTrue(program.mm().mmapLock().downWriteTrylock());
        program.mm().mmapLock().upWrite();
    }

    @Test
    void onlyWhatLiesWhollyInTheRangeIsCollapsed() {
        run((program, p) -> {
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE - P));
            assertFalse(isHuge(program, p));
            assertEquals(SysResult.ok(0), collapse(program, p + P, 2 * HUGE - P));
            assertFalse(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
            assertEquals(SysResult.ok(0), collapse(program, p, 2 * HUGE)); // the second is one already
            assertTrue(isHuge(program, p));
            assertEquals(1, program.load(p));
            assertEquals(2, program.load(p + HUGE));
        });
    }

    @Test
    void anAreaMustBeLargeEnoughAndNotAdvisedAgainst() {
        run((program, p) -> {
            program.must("madvise", p, HUGE, Mman.MADV_NOHUGEPAGE);
            assertEquals(SysResult.err(Errno.EINVAL), collapse(program, p, HUGE));
            program.must("munmap", p + HUGE, P);
            assertEquals(SysResult.err(Errno.EINVAL), collapse(program, p + HUGE + P, HUGE - P));
            assertEquals(SysResult.ok(0), program.call("madvise", p, HUGE, Mman.MADV_HUGEPAGE));
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE));
            assertTrue(isHuge(program, p));
        });
    }

    @Test
    void whatHasNeverBeenWrittenIsNotCollapsed() {
        run((program, p) -> {
            long fresh = program.anonymous(4 * HUGE);
            long aligned = Thp.start(fresh + HUGE);
            assertEquals(SysResult.err(Errno.EINVAL), collapse(program, aligned, HUGE));
            program.store(aligned, 1);
            assertEquals(SysResult.err(Errno.EINVAL), collapse(program, aligned + HUGE, HUGE));
            assertEquals(SysResult.ok(0), collapse(program, aligned, HUGE));
        });
    }

    @Test
    void oneThatFailsIsToldAndTheNextIsTried() {
        run((program, p) -> {
            Folio page = page(program, p);
            page.get();
            assertEquals(SysResult.err(Errno.EAGAIN), collapse(program, p, 2 * HUGE));
            assertFalse(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
            page.put();
            assertFalse(page.lock().isLocked());
            assertEquals(1, program.load(p));
        });
    }

    @Test
    void pagesAreHeldByTheEntriesOfAllWhoShareThem() {
        run((program, p) -> {
            Sandbox.Program child = program.fork();
            assertEquals(SysResult.ok(0), collapse(child, p, HUGE));
            assertTrue(isHuge(child, p));
            assertEquals(1, program.load(p));
            program.store(p, 9);
            assertEquals(1, child.load(p));
            child.exit(0);
            int before = program.pagesInUse();
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE));
            assertEquals(before, program.pagesInUse()); // one goes, one comes
        });
    }

    @Test
    void theDaemonTakesNothingOfWhichTooMuchIsShared() {
        run((program, p) -> {
            program.must("madvise", p, 2 * HUGE, Mman.MADV_HUGEPAGE);
            for (int page = 0; page <= MOST_SHARED; page++) {
                program.store(p + page * P, 1);
            }
            for (int page = 0; page < MOST_SHARED; page++) {
                program.store(p + HUGE + page * P, 1);
            }
            Sandbox.Program child = program.fork();
            daemon(program, p);
            daemon(program, p + HUGE);
            assertFalse(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE));
            child.exit(0);
        });
    }

    @Test
    void theDaemonTakesNothingInWhichThereIsNoPage() {
        run((program, p) -> {
            program.must("madvise", p, 2 * HUGE, Mman.MADV_DONTNEED);
            program.load(p); // the page of zeroes
            program.must("madvise", p, 2 * HUGE, Mman.MADV_HUGEPAGE);
            daemon(program, p);
            assertFalse(isHuge(program, p));
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE));
            assertEquals(0, program.load(p));
        });
    }

    @Test
    void theDaemonStaysAwayWhileTheLockIsTaken() {
        run((program, p) -> {
            program.must("madvise", p, 2 * HUGE, Mman.MADV_HUGEPAGE);
            program.mm().mmapLock().downWrite();
            new Collapse(new PhysicalMemory(program.mm().machine())).khugepaged(program.mm(), p);
            program.mm().mmapLock().upWrite();
            assertFalse(isHuge(program, p));
        });
    }

    @Test
    void theDaemonLooksAtAnonymousMemoryOfOneProgramOnly() {
        run((program, p) -> {
            long file = program.shared(program.open("/mnt/f", 0), 2 * HUGE);
            long mine = program.must("mmap", p + 2 * HUGE, 2 * HUGE, Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            program.must("madvise", file, 2 * HUGE, Mman.MADV_HUGEPAGE);
            program.must("madvise", mine, 2 * HUGE, Mman.MADV_HUGEPAGE);
            List<Long> ranges = new ArrayList<>();
            program.mm().areas().forEach(vma -> ranges.addAll(Collapse.ranges(vma, 9)));
            assertEquals(List.of(mine, mine + HUGE), ranges);
        });
    }

    @Test
    void partsOfAHugePageThatWasSplitBecomeOneAgain() {
        run((program, p) -> {
            collapse(program, p, HUGE);
            int before = program.pagesInUse();
            program.must("madvise", p + P, P, Mman.MADV_DONTNEED);
            assertFalse(isHuge(program, p));
            program.store(p + P, 5);
            assertEquals(before + 1, program.pagesInUse());
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE));
            assertTrue(isHuge(program, p));
            assertEquals(before, program.pagesInUse());
            assertEquals(1, program.load(p));
            assertEquals(5, program.load(p + P));
        });
    }

    @Test
    void whatTheProgramMayNotWriteItMayNotAfterwards() {
        run((program, p) -> {
            program.must("mprotect", p, HUGE, Mman.PROT_READ);
            assertEquals(SysResult.ok(0), collapse(program, p, HUGE));
            assertTrue(isHuge(program, p));
            assertFalse(((Pte.Present) program.mm().slot(p).peek()).writable());
            program.must("mprotect", p, HUGE, Mman.PROT_READ | Mman.PROT_WRITE);
            program.store(p, 3);
            assertEquals(3, program.load(p));
        });
    }

    @Test
    void aMachineWithoutHugePagesIsNotAsked() {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.anonymous(2 * HUGE);
            assertThrows(NotModelled.class, () -> collapse(program, p, HUGE));
            program.mm().mmapLock().upRead();
        }));
    }
}
