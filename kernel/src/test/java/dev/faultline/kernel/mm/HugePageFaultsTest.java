package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.uapi.Mman;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Faults where 2 MiB can be mapped at once: which memory gets huge pages, and what a write or a pin makes of them.
class HugePageFaultsTest {
    private static final long P = 4096;
    private static final long HUGE = Thp.BYTES;
    private static final long AT = 0x2_0000_0000L;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Runs a program with twice 2 MiB that lie as huge pages do.
    private static void run(Architecture architecture, Body body) {
        Sandbox sandbox = Sandbox.huge(Thp.ALWAYS, architecture).file("/mnt/f", 2 * HUGE, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.run(program, program.anonymous(2 * HUGE));
        }));
    }

    private static boolean isHuge(Sandbox.Program program, long address) {
        return program.mm().pmd(address).orElseThrow().isHuge();
    }

    private static Pte.Present entry(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, program.mm().slot(address).peek());
    }

    private static List<Folio> pinned(Sandbox.Program program, long address, GupFlag... more) {
        EnumSet<GupFlag> flags = EnumSet.of(GupFlag.PIN);
        flags.addAll(List.of(more));
        return assertInstanceOf(GupResult.Pages.class, program.gup().getUserPagesFast(address, 1, flags)).folios();
    }

    @Test
    void pagesOfAFileAreSmallAlsoInAPrivateMapping() {
        run(Architecture.X86_64, (program, p) -> {
            int fd = program.open("/mnt/f", 0);
            program.must("mmap", p, 2 * HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED, fd, 0);
            program.store(p, 'b');
            assertEquals('a', program.load(p + P));
            assertFalse(isHuge(program, p));
            program.must("mmap", p, 2 * HUGE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, 0);
            assertEquals('a', program.load(p));
            program.store(p + P, 'b');
            assertFalse(isHuge(program, p));
        });
    }

    @Test
    void anEntryIsMarkedAsAWhole() {
        run(Architecture.ARM64, (program, p) -> {
            program.store(p, 1);
            Sandbox.Program child = program.fork();
            assertTrue(entry(child, p).old());
            assertTrue(entry(child, p + P).old());
            assertEquals(0, child.load(p + P));
            assertTrue(isHuge(child, p));
            assertFalse(entry(child, p).old());
            child.exit(0);
            program.must("mprotect", p, HUGE, Mman.PROT_READ);
            program.must("mprotect", p, HUGE, RW);
            program.store(p + 2 * P, 3);
            assertTrue(isHuge(program, p));
            assertTrue(entry(program, p).dirty());
        });
    }

    @Test
    void aPinForReadingOfASharedHugePageMakesItTheProgramsOwnFirst() {
        run(Architecture.X86_64, (program, p) -> {
            program.store(p, 1);
            Sandbox.Program child = program.fork();
            List<Folio> copy = pinned(program, p);
            assertFalse(isHuge(program, p));
            assertEquals(copy.getFirst(), entry(program, p).folio());
            child.exit(0);
            program.store(p, 2);
            assertEquals(copy.getFirst(), entry(program, p).folio());
            copy.forEach(FolioHold.PIN::release);
        });
    }

    @Test
    void theLastOwnersHugePageIsPinnedAsItIs() {
        run(Architecture.X86_64, (program, p) -> {
            program.store(p, 1);
            Folio before = entry(program, p).folio();
            program.fork().exit(0);
            program.must("mprotect", p, HUGE, Mman.PROT_READ);
            List<Folio> same = pinned(program, p);
            assertEquals(before, same.getFirst());
            assertTrue(isHuge(program, p));
            assertFalse(entry(program, p).writable());
            same.forEach(FolioHold.PIN::release);
        });
    }

    @Test
    void whoHoldsAReferenceHasAStoreCopyTheOneSmallPage() {
        run(Architecture.X86_64, (program, p) -> {
            program.store(p, 1);
            program.fork().exit(0);
            Folio page = entry(program, p).folio();
            page.get();
            program.store(p, 2);
            assertFalse(isHuge(program, p));
            assertFalse(page.lock().isLocked());
            assertEquals(2, program.load(p));
            page.put();
        });
    }

    @Test
    void aLongtermPinOfZeroesGetsAPageOfItsOwn() {
        run(Architecture.X86_64, (program, p) -> {
            program.load(p);
            assertTrue(isHuge(program, p));
            List<Folio> own = pinned(program, p, GupFlag.LONGTERM);
            assertFalse(isHuge(program, p));
            assertFalse(own.getFirst().isZeroPage());
            program.store(p, 1);
            assertEquals(own.getFirst(), entry(program, p).folio());
            own.forEach(FolioHold.PIN::release);
        });
    }

    @Test
    void whatBeginsOrEndsInsideSplitsAndWhatLiesBesideDoesNot() {
        run(Architecture.X86_64, (program, p) -> {
            program.store(p, 1);
            program.store(p + HUGE, 1);
            program.must("mprotect", p + HUGE, HUGE, Mman.PROT_READ);
            assertTrue(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
            program.must("madvise", p + P, P, Mman.MADV_DONTFORK);
            assertFalse(isHuge(program, p));
            assertTrue(isHuge(program, p + HUGE));
        });
    }

    @Test
    void whatIsThePagesAloneIsWrittenInPlaceThoughOthersHoldIt() {
        run(Architecture.X86_64, (program, p) -> {
            program.store(p, 1);
            Folio page = entry(program, p).folio();
            page.get();
            program.must("mprotect", p, HUGE, Mman.PROT_READ);
            program.must("mprotect", p, HUGE, RW);
            PmdSlot pmd = program.mm().pmd(p).orElseThrow();
            pmd.modify(first -> first.without(Pte.Present.WRITE), new TlbGather(program.mm()));
            program.store(p, 2);
            assertTrue(isHuge(program, p));
            assertTrue(entry(program, p).writable());
            page.put();
        });
    }

    @Test
    void anAreaIsPreparedBeforeItHasAHugePageOfItsOwn() {
        run(Architecture.X86_64, (program, p) -> {
            program.store(p, 1);
            assertTrue(program.mm().areas().stream().anyMatch(vma -> vma.start() <= p && p < vma.end() && vma.hasAnonVma()));
        });
    }

    @Test
    void whereMemoryHasALimitPagesAreSmall() {
        run(Architecture.X86_64, (program, p) -> {
            assertTrue(program.mm().swap().physical().limit(20, () -> false));
            program.store(p, 1);
            assertFalse(isHuge(program, p));
            assertEquals(1, program.load(p));
            program.load(p + HUGE);
            assertTrue(isHuge(program, p + HUGE)); // zeroes take no room
            program.store(p + HUGE, 1);
            assertFalse(isHuge(program, p + HUGE));
        });
    }

    @Test
    void aLoadMarksAnOldEntryAndLeavesItClean() {
        run(Architecture.ARM64, (program, p) -> {
            program.store(p, 1);
            PmdSlot pmd = program.mm().pmd(p).orElseThrow();
            pmd.modify(first -> first.without(Pte.Present.DIRTY).with(Pte.Present.OLD), new TlbGather(program.mm()));
            assertEquals(1, program.load(p));
            assertFalse(entry(program, p).old());
            assertFalse(entry(program, p).dirty());
            program.store(p, 2);
            assertTrue(entry(program, p).dirty());
        });
    }

    /// A program that shares a huge page with a child, which has ended in the second case.
    private static Meanwhile<Sandbox.Program> shared(boolean ended) {
        return new Meanwhile<>(() -> Sandbox.huge(Thp.ALWAYS), sandbox -> {
            Sandbox.Program program = sandbox.program(1).on(0);
            assertEquals(AT, program.must("mmap", AT, HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0));
            program.store(AT, 7);
            Sandbox.Program child = program.fork();
            if (ended) {
                child.exit(0);
            }
            return program;
        });
    }

    @Test
    void whoWritesTheLastOnesHugePageWaitsForItsLock() {
        shared(true).waits(program -> entry(program, AT).folio().lock().lock(),
                program -> assertFalse(((Pte.Present) program.mm().slot(AT).read()).writable()),
                program -> entry(program, AT).folio().lock().unlock(), program -> program.store(AT, 8));
    }

    @Test
    void aStoreToASharedHugePageAndWhateverChangesItMeanwhile() {
        for (boolean ended : List.of(false, true)) {
            shared(ended).race(program -> program.store(AT, 8), program -> program.must("madvise", AT, HUGE, Mman.MADV_DONTNEED),
                    program -> assertTrue(List.of(0, 8).contains(program.load(AT))));
            shared(ended).race(program -> program.store(AT, 8), program -> program.store(AT + 1, 9), program -> {
                assertEquals(8, program.load(AT));
                assertEquals(9, program.load(AT + 1));
                assertEquals(0, program.load(AT + P));
            });
            shared(ended).race(program -> program.store(AT, 8), program -> program.must("munmap", AT + P, HUGE - P), program -> {
                assertEquals(8, program.load(AT));
                assertFalse(isHuge(program, AT));
            });
        }
    }

    /// Two tasks meet at the first fault, where the area has to be prepared: the later one finds the page of the other.
    @Test
    void twoFirstFaultsMakeOneHugePage() {
        Meanwhile<Sandbox.Program> fresh = new Meanwhile<>(() -> Sandbox.huge(Thp.ALWAYS), sandbox -> {
            Sandbox.Program program = sandbox.program(1);
            program.must("mmap", AT, HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            return program;
        });
        int[] before = new int[1];
        for (int second : new int[] {0, 9}) {
            fresh.race(program -> {
                before[0] = program.pagesInUse();
                program.store(AT, 8);
            }, program -> {
                if (second == 0) {
                    assertTrue(List.of(0, 8).contains(program.load(AT)));
                } else {
                    program.store(AT + 1, second);
                }
            }, program -> {
                assertTrue(isHuge(program, AT));
                assertEquals(8, program.load(AT));
                assertEquals(second, program.load(AT + 1));
                assertTrue(program.mm().areas().stream().allMatch(Vma::hasAnonVma));
            });
        }
        fresh.race(program -> program.store(AT, 8), program -> program.must("mprotect", AT, HUGE, Mman.PROT_READ | Mman.PROT_WRITE),
                program -> assertEquals(8, program.load(AT)));
        fresh.waits(program -> program.mm().mmapLock().downWrite(), program -> assertEquals(Pmd.NONE, program.mm().pmd(AT).orElseThrow().read()),
                program -> program.mm().mmapLock().upWrite(), program -> program.store(AT, 1));
    }
}
