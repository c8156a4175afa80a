package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Mman;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Huge pages of files: where one entry maps them, what it permits, and what becomes of it.
class HugeFileTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long AT = 0x2_0000_0000L;

    /// A program with a file of 4 MiB.
    private record Scene(Sandbox.Program program, int fd) {
        void map(long address, long lengthBytes, int protection, int flags, long pos) {
            program.must("mmap", address, lengthBytes, protection, flags | Mman.MAP_FIXED, fd, pos);
        }

        PmdSlot pmd() {
            return program.mm().pmd(AT).orElseThrow();
        }

        boolean isHuge(long address) {
            return program.mm().pmd(address).orElseThrow().isHuge();
        }

        Pte.Present first() {
            return assertInstanceOf(Pmd.Huge.class, pmd().now()).first();
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(Body body) {
        Sandbox sandbox = Sandbox.hugeTmpfs().hole("/mnt/f", 2 * HUGE);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.run(new Scene(program, program.open("/mnt/f", 0)));
        }));
    }

    @Test
    void anEntryPermitsWhatItsAreaDoes() {
        run(s -> {
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().load(AT + P);
            assertTrue(s.first().writable());
            assertFalse(s.first().dirty());
            s.program().store(AT, 'x');
            assertTrue(s.first().dirty());
            s.program().must("munmap", AT, HUGE);
            s.map(AT, HUGE, Mman.PROT_READ, Mman.MAP_SHARED, 0);
            assertEquals('x', s.program().load(AT));
            assertFalse(s.first().writable());
            s.program().must("munmap", AT, HUGE);
            s.map(AT, HUGE, RW, Mman.MAP_PRIVATE, 0);
            s.program().load(AT);
            assertFalse(s.first().writable());
            s.program().store(AT, 'y'); // a copy of the one small page
            assertFalse(s.isHuge(AT));
            assertEquals('y', s.program().load(AT));
            s.map(AT + HUGE, HUGE, RW, Mman.MAP_SHARED, 0);
            assertEquals('x', s.program().load(AT + HUGE));
        });
    }

    @Test
    void aStoreThatFaultsFirstMapsAWrittenPage() {
        run(s -> {
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().store(AT + 3 * P, 'x');
            assertTrue(s.first().dirty());
            assertTrue(s.first().writable());
            assertTrue(s.first().folio().isFileBacked());
            assertEquals(0, s.program().load(AT));
        });
    }

    @Test
    void onlyWhatLiesInTheAreaAsInTheFileIsMappedByOneEntry() {
        run(s -> {
            s.map(AT + 10 * HUGE, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().store(AT + 10 * HUGE, 'x');
            assertTrue(s.isHuge(AT + 10 * HUGE));
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().must("madvise", AT, HUGE, Mman.MADV_NOHUGEPAGE);
            assertEquals('x', s.program().load(AT));
            assertTrue(s.pmd().hasTable());
            s.map(AT + 4 * HUGE, HUGE - P, RW, Mman.MAP_SHARED, 0);
            assertEquals('x', s.program().load(AT + 4 * HUGE));
            assertFalse(s.isHuge(AT + 4 * HUGE));
            s.map(AT + 6 * HUGE, HUGE, RW, Mman.MAP_SHARED, P);
            s.program().load(AT + 6 * HUGE);
            assertFalse(s.isHuge(AT + 6 * HUGE));
            s.map(AT + 8 * HUGE, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().mm().pmd(AT + 8 * HUGE).orElseThrow().populate();
            assertEquals('x', s.program().load(AT + 8 * HUGE)); // a table is there already
            assertFalse(s.isHuge(AT + 8 * HUGE));
        });
    }

    @Test
    void whatEndsInsideGivesThePageBackAndSaysThatItWasWritten() {
        run(s -> {
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().load(AT);
            Folio head = s.first().folio();
            int count = head.peekReferenceCount();
            head.flags().clearBits(Folio.DIRTY);
            s.program().must("munmap", AT + P, P);
            assertFalse(s.isHuge(AT));
            assertEquals(count - 1, head.peekReferenceCount());
            assertEquals(0, head.flags().peek() & Folio.DIRTY);
            s.program().must("munmap", AT, HUGE);
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().store(AT, 'x');
            head.flags().clearBits(Folio.DIRTY);
            s.program().must("munmap", AT + P, P);
            assertEquals(Folio.DIRTY, head.flags().peek() & Folio.DIRTY);
            assertEquals('x', s.program().load(AT));
        });
    }

    @Test
    void aTruncationUnmapsTheWholePage() {
        run(s -> {
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().store(AT, 'x');
            s.program().store(AT + 5 * P, 'y');
            s.program().must("ftruncate", s.fd(), P);
            assertFalse(s.isHuge(AT));
            assertEquals('x', s.program().load(AT));
            s.program().must("ftruncate", s.fd(), HUGE);
            assertEquals(0, s.program().load(AT + 5 * P));
        });
        run(s -> {
            s.map(AT, 2 * HUGE, RW, Mman.MAP_SHARED, 0);
            s.program().store(AT, 'x');
            s.program().store(AT + HUGE, 'y');
            Folio page = s.first().folio();
            page.head().flags().clearBits(Folio.DIRTY);
            Rmap.unmapMappingPages(page.mapping().orElseThrow(), 0, 511);
            assertEquals(Pmd.NONE, s.pmd().now());
            assertTrue(s.isHuge(AT + HUGE));
            assertEquals(Folio.DIRTY, page.flags().peek() & Folio.DIRTY);
            assertEquals('x', s.program().load(AT));
        });
    }

    @Test
    void twoFaultsMapOnePage() {
        new Meanwhile<>(() -> Sandbox.hugeTmpfs().hole("/mnt/f", HUGE), sandbox -> {
            Sandbox.Program program = sandbox.program(1);
            Scene s = new Scene(program, program.open("/mnt/f", 0));
            s.map(AT, HUGE, RW, Mman.MAP_SHARED, 0);
            return s;
        }).race(s -> s.program().store(AT, 'x'), s -> s.program().store(AT + P, 'y'), s -> {
            assertTrue(s.isHuge(AT));
            assertEquals('x', s.program().load(AT));
            assertEquals('y', s.program().load(AT + P));
            assertEquals(2, s.first().folio().peekReferenceCount());
        });
    }
}
