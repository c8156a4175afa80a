package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Memory that is mapped by entries of 2 MiB, and what splits them.
class HugePagesTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    private static void run(Thp thp, Body body) {
        Sandbox sandbox = Sandbox.huge(thp);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.run(program, program.anonymous(2 * HUGE));
        }));
    }

    private static boolean isHuge(Sandbox.Program program, long address) {
        return program.mm().pmd(address).orElseThrow().isHuge();
    }

    private static void runOnAHugePage(Body body) {
        run(Thp.MADVISE, (program, p) -> {
            program.must("madvise", p, HUGE, Mman.MADV_HUGEPAGE);
            program.store(p + 3 * P, 7);
            assertTrue(isHuge(program, p));
            body.run(program, p);
        });
    }

    @Test
    void thereAreHugePagesWhereTheSettingAndTheAdviceSaySo() {
        run(Thp.MADVISE, (program, p) -> {
            program.must("madvise", p + HUGE, HUGE, Mman.MADV_HUGEPAGE);
            program.store(p, 1);
            program.store(p + HUGE, 1);
            assertFalse(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
        });
        run(Thp.ALWAYS, (program, p) -> {
            program.must("madvise", p + HUGE, HUGE, Mman.MADV_NOHUGEPAGE);
            program.store(p, 1);
            program.store(p + HUGE, 1);
            assertTrue(isHuge(program, p));
            assertFalse(isHuge(program, p + HUGE));
        });
    }

    @Test
    void aTableThatIsThereIsNoPlaceForAHugePage() {
        run(Thp.MADVISE, (program, p) -> {
            program.store(p, 1);
            program.must("madvise", p, HUGE, Mman.MADV_HUGEPAGE);
            program.store(p + P, 1);
            assertFalse(isHuge(program, p));
        });
    }

    @Test
    void anAreaThatCoversAPartOnlyHasSmallPages() {
        run(Thp.ALWAYS, (program, p) -> {
            program.must("munmap", p + HUGE - P, P);
            program.store(p, 1);
            assertFalse(isHuge(program, p));
        });
    }

    @Test
    void aHugePageIsOneAllocationAndGoesWithItsLastPart() {
        runOnAHugePage((program, p) -> {
            int before = program.pagesInUse();
            program.store(p + 100 * P, 8);
            program.must("munmap", p, HUGE - P);
            assertEquals(before, program.pagesInUse());
            program.must("munmap", p + HUGE - P, P);
            assertEquals(before - 1, program.pagesInUse());
        });
    }

    @Test
    void whatEndsInsideOfAHugePageSplitsIt() {
        runOnAHugePage((program, p) -> {
            program.must("mprotect", p, P, Mman.PROT_READ);
            assertFalse(isHuge(program, p));
            assertThrows(SignalRaised.class, () -> program.store(p, 1));
            assertEquals(7, program.load(p + 3 * P));
            program.store(p + P, 2);
            program.must("madvise", p + 3 * P, P, Mman.MADV_DONTNEED);
            assertEquals(0, program.load(p + 3 * P));
            assertEquals(2, program.load(p + P));
        });
    }

    @Test
    void whatCoversAHugePageLeavesItWhole() {
        runOnAHugePage((program, p) -> {
            program.must("mprotect", p, HUGE, Mman.PROT_READ);
            assertTrue(isHuge(program, p));
            assertThrows(SignalRaised.class, () -> program.store(p, 1));
            program.must("mprotect", p, HUGE, Mman.PROT_READ | Mman.PROT_WRITE);
            program.store(p, 1);
            program.must("mremap", p, HUGE, HUGE, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, p + HUGE);
            assertTrue(isHuge(program, p + HUGE));
            assertEquals(7, program.load(p + HUGE + 3 * P));
            program.must("madvise", p + HUGE, HUGE, Mman.MADV_DONTNEED);
            assertEquals(0, program.load(p + HUGE + 3 * P));
        });
    }

    @Test
    void aHugePageIsMovedAsAWholeOnlyToWhereOneEntryMapsIt() {
        runOnAHugePage((program, p) -> {
            program.must("mremap", p, HUGE - P, HUGE - P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, p + HUGE);
            assertFalse(isHuge(program, p + HUGE));
            assertEquals(7, program.load(p + HUGE + 3 * P));
        });
    }

    @Test
    void afterAForkAStoreCopiesOneSmallPage() {
        runOnAHugePage((program, p) -> {
            int before = program.pagesInUse();
            Sandbox.Program child = program.fork();
            assertTrue(isHuge(child, p));
            assertEquals(before, program.pagesInUse());
            program.store(p, 9);
            assertEquals(before + 1, program.pagesInUse());
            assertFalse(isHuge(program, p));
            assertEquals(0, child.load(p));
            assertEquals(7, child.load(p + 3 * P));
            child.store(p + 3 * P, 5);
            assertEquals(7, program.load(p + 3 * P));
            child.exit(0);
        });
    }

    @Test
    void theLastOwnerWritesInPlace() {
        runOnAHugePage((program, p) -> {
            program.fork().exit(0);
            int before = program.pagesInUse();
            program.store(p, 9);
            assertTrue(isHuge(program, p));
            assertEquals(before, program.pagesInUse());
        });
    }

    @Test
    void aForkCopiesAPinnedHugePagePageByPage() {
        runOnAHugePage((program, p) -> {
            assertTrue(program.mm().slot(p).peek() instanceof Pte.Present);
            Folio pinned = ((Pte.Present) program.mm().slot(p + 3 * P).peek()).folio();
            assertTrue(pinned.tryGrab(FolioHold.PIN));
            Sandbox.Program child = program.fork();
            FolioHold.PIN.release(pinned);
            assertFalse(isHuge(program, p));
            program.store(p + 3 * P, 9);
            assertEquals(pinned, ((Pte.Present) program.mm().slot(p + 3 * P).peek()).folio());
            assertEquals(7, child.load(p + 3 * P));
            child.exit(0);
        });
    }

    @Test
    void aPinnedHugePageIsNotMovedForTheProgram() {
        runOnAHugePage((program, p) -> {
            HugeMove move = new HugeMove(new PhysicalMemory(program.mm().machine()), program.mm());
            Folio pinned = ((Pte.Present) program.mm().slot(p + 3 * P).peek()).folio();
            program.mm().mmapLock().downRead();
            assertTrue(pinned.tryGrab(FolioHold.PIN));
            assertEquals(Optional.of(SysResult.err(Errno.EBUSY)), move.move(p + HUGE, p, p + HUGE, false));
            FolioHold.PIN.release(pinned);
            assertEquals(Optional.of(SysResult.ok(HUGE)), move.move(p + HUGE, p, p + HUGE, false));
            program.mm().mmapLock().upRead();
            assertEquals(7, program.load(p + HUGE + 3 * P));
        });
    }

    @Test
    void smallPagesBecomeOneHugePage() {
        run(Thp.MADVISE, (program, p) -> {
            program.store(p, 1);
            program.store(p + 5 * P, 6);
            assertEquals(0, program.load(p + 7 * P));
            Sandbox.Program child = program.fork();
            int before = program.pagesInUse();
            assertEquals(0, program.must("madvise", p, HUGE, Mman.MADV_COLLAPSE));
            assertTrue(isHuge(program, p));
            assertFalse(isHuge(child, p));
            assertEquals(before + 1, program.pagesInUse());
            program.store(p, 2);
            assertEquals(6, program.load(p + 5 * P));
            assertEquals(1, child.load(p));
            child.exit(0);
            assertEquals(before - 1, program.pagesInUse());
        });
    }

    @Test
    void aPageThatIsHeldOrLockedKeepsThePagesSmall() {
        run(Thp.MADVISE, (program, p) -> {
            program.store(p, 1);
            Folio page = ((Pte.Present) program.mm().slot(p).peek()).folio();
            page.get();
            assertEquals(SysResult.err(Errno.EAGAIN), program.call("madvise", p, HUGE, Mman.MADV_COLLAPSE));
            page.put();
            page.lock().lock();
            assertEquals(SysResult.err(Errno.EAGAIN), program.call("madvise", p, HUGE, Mman.MADV_COLLAPSE));
            page.lock().unlock();
            assertEquals(0, program.must("madvise", p, HUGE, Mman.MADV_COLLAPSE));
            assertEquals(1, program.load(p));
        });
    }

    @Test
    void theDaemonGoesByTheAdvice() {
        run(Thp.MADVISE, (program, p) -> {
            program.store(p, 1);
            program.store(p + HUGE, 1);
            program.must("madvise", p + HUGE, HUGE, Mman.MADV_HUGEPAGE);
            Collapse collapse = new Collapse(new PhysicalMemory(program.mm().machine()));
            assertEquals(List.of(p + HUGE), program.mm().areas().stream().flatMap(vma -> Collapse.ranges(vma, 9).stream()).toList());
            collapse.khugepaged(program.mm(), p);
            collapse.khugepaged(program.mm(), p + HUGE);
            assertFalse(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
        });
    }

    @Test
    void aTableGoesWithTheLastAreaInItsReachAndWhenAllIsGivenBack() {
        run(Thp.MADVISE, (program, p) -> {
            PmdSlot pmd = program.mm().pmd(p).orElseThrow();
            program.store(p, 1);
            program.must("munmap", p, P);
            assertTrue(pmd.hasTable());
            program.must("munmap", p + P, HUGE - P);
            assertFalse(pmd.hasTable());
            PmdSlot next = program.mm().pmd(p + HUGE).orElseThrow();
            program.store(p + HUGE, 1);
            program.must("madvise", p + HUGE, P, Mman.MADV_DONTNEED);
            assertTrue(next.hasTable());
            program.must("madvise", p + HUGE, HUGE, Mman.MADV_DONTNEED);
            assertFalse(next.hasTable());
        });
    }

    @Test
    void loadsShareTheHugePageOfZeroes() {
        run(Thp.ALWAYS, (program, p) -> {
            int before = program.pagesInUse();
            assertEquals(0, program.load(p + P));
            assertEquals(0, program.load(p + HUGE + P));
            assertTrue(isHuge(program, p));
            assertEquals(before, program.pagesInUse());
            program.store(p, 1);
            assertTrue(isHuge(program, p));
            program.must("mprotect", p + HUGE, P, Mman.PROT_READ);
            assertEquals(0, program.load(p + HUGE));
            program.store(p + HUGE + P, 1);
            assertEquals(before + 2, program.pagesInUse());
        });
    }
}
