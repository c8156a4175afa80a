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

/// Who marks page-table entries as accessed and as dirty: the processor, or the fault handler in its place.
class EntryMarksTest {
    private static final long P = 4096;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Runs a program with a page that it has written.
    private static void run(Architecture architecture, Body body) {
        Sandbox sandbox = Sandbox.ext4(architecture);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long memory = program.anonymous(P);
            program.store(memory, 'a');
            body.run(program, memory);
        }));
    }

    private static Pte.Present entry(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, program.mm().slot(address).peek());
    }

    @Test
    void aNewEntryIsMarked() {
        run(Architecture.ARM64, (program, p) -> {
            assertFalse(entry(program, p).old());
            assertTrue(entry(program, p).dirty());
        });
    }

    @Test
    void anAccessFaultsAndMarksWhatTheProcessorDoesNot() {
        run(Architecture.ARM64, (program, p) -> {
            program.must("madvise", p, P, Mman.MADV_COLD);
            assertTrue(entry(program, p).old());
            assertEquals('a', program.load(p));
            assertFalse(entry(program, p).old());
        });
        run(Architecture.X86_64, (program, p) -> {
            program.must("madvise", p, P, Mman.MADV_COLD);
            assertFalse(entry(program, p).old());
        });
    }

    @Test
    void aLoadDoesNotMarkAPageDirty() {
        run(Architecture.ARM64, (program, p) -> {
            program.must("madvise", p, P, Mman.MADV_FREE);
            assertTrue(entry(program, p).old());
            program.load(p);
            assertFalse(entry(program, p).old());
            assertFalse(entry(program, p).dirty());
            program.store(p, 'b');
            assertTrue(entry(program, p).dirty());
            assertEquals('b', program.load(p));
        });
    }

    @Test
    void aCopyWithFaultsDisabledStopsInFrontOfAnOldPage() {
        run(Architecture.ARM64, (program, p) -> {
            program.must("madvise", p, P, Mman.MADV_COLD);
            UserAccess access = program.access();
            FaultIn faultIn = program.faultIn();
            TaskStruct task = TaskStruct.current(program.mm().machine());
            task.pagefaultDisable();
            assertEquals(0, access.readable(p, 1));
            task.pagefaultEnable();
            assertEquals(0, faultIn.faultInSafeWriteable(program.mm(), p, P));
            task.pagefaultDisable();
            assertEquals(1, access.readable(p, 1));
            task.pagefaultEnable();
        });
    }

    @Test
    void getUserPagesDoesNotLookAtTheMark() {
        run(Architecture.ARM64, (program, p) -> {
            program.must("madvise", p, P, Mman.MADV_COLD);
            GupResult.Pages pages = assertInstanceOf(GupResult.Pages.class, program.gup().getUserPagesFast(p, 1,
                    EnumSet.of(GupFlag.PIN, GupFlag.WRITE, GupFlag.FAST_ONLY)));
            assertEquals(1, pages.folios().size());
            FolioHold.PIN.release(pages.folios().getFirst());
            assertTrue(entry(program, p).old());
        });
    }

    @Test
    void theEntriesOfAChildAreOld() {
        run(Architecture.ARM64, (program, p) -> {
            Sandbox.Program child = program.fork();
            assertTrue(entry(child, p).old());
            assertFalse(entry(program, p).old());
            assertEquals('a', child.load(p));
            child.store(p, 'b');
            assertEquals('a', program.load(p));
            assertEquals('b', child.load(p));
            child.exit(0);
        });
    }

    @Test
    void adviceMarksOnlyPagesThatNobodyElseMaps() {
        run(Architecture.ARM64, (program, p) -> {
            long more = program.anonymous(3 * P);
            program.load(more); // the page of zeroes
            program.store(more + P, 'b');
            program.must("madvise", more, 3 * P, Mman.MADV_COLD);
            assertFalse(entry(program, more).old());
            assertTrue(entry(program, more + P).old());
            Sandbox.Program child = program.fork();
            program.must("madvise", p, P, Mman.MADV_COLD);
            assertFalse(entry(program, p).old());
            child.exit(0);
        });
    }

    @Test
    void onlyPagesOfItsOwnAreFreedOnAdvice() {
        run(Architecture.ARM64, (program, p) -> {
            long more = program.anonymous(3 * P);
            program.load(more); // the page of zeroes
            program.store(more + 2 * P, 'b');
            assertEquals(0, program.must("madvise", more, 3 * P, Mman.MADV_FREE));
            assertFalse(entry(program, more).old());
            assertTrue(entry(program, more + 2 * P).old());
            assertEquals('b', program.load(more + 2 * P));
        });
    }
}
