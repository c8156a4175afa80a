package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
}
