package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Pages that are moved to another frame, and those that stay where they are.
class MigrateTest {
    private static final long P = 4096;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Runs a program with a page that it has written.
    private static void run(Sandbox sandbox, Body body) {
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long memory = program.anonymous(P);
            program.store(memory, 7);
            body.run(program, memory);
        }));
    }

    private static Pte.Present entry(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, program.mm().slot(address).peek());
    }

    private static Folio page(Sandbox.Program program, long address) {
        return entry(program, address).folio();
    }

    @Test
    void aPageMovesWithItsBytesAndTheEntryPermitsWhatItDid() {
        run(Sandbox.ext4(), (program, p) -> {
            Pte.Present before = entry(program, p);
            int pages = program.pagesInUse();
            program.migrate(p);
            assertNotSame(before.folio(), page(program, p));
            assertEquals(before.bits(), entry(program, p).bits());
            assertEquals(7, program.load(p));
            assertEquals(pages, program.pagesInUse());
            assertFalse(page(program, p).lock().isLocked());
            program.store(p, 8);
            program.migrate(p);
            assertEquals(8, program.load(p));
        });
    }

    @Test
    void allWhoMapAPageMapTheNewOne() {
        run(Sandbox.ext4(), (program, p) -> {
            Sandbox.Program child = program.fork();
            Folio before = page(program, p);
            program.migrate(p);
            assertNotSame(before, page(program, p));
            assertSame(page(program, p), page(child, p));
            child.store(p, 9);
            assertEquals(7, program.load(p));
            child.exit(0);
        });
    }

    @Test
    void aPageThatSomebodyElseHoldsOrThatIsLockedStays() {
        run(Sandbox.ext4(), (program, p) -> {
            Folio page = page(program, p);
            page.get();
            program.migrate(p);
            assertSame(page, page(program, p));
            page.put();
            assertTrue(page.tryGrab(FolioHold.PIN));
            program.migrate(p);
            assertSame(page, page(program, p));
            FolioHold.PIN.release(page);
            page.lock().lock();
            program.migrate(p);
            assertSame(page, page(program, p));
            page.lock().unlock();
            assertEquals(7, program.load(p));
        });
    }

    @Test
    void aPageThatHasACopyInSwapOrNeedNotBeKeptStays() {
        Sandbox sandbox = Sandbox.ext4();
        sandbox.swapOn(2);
        run(sandbox, (program, p) -> {
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(7, program.load(p));
            Folio cached = page(program, p);
            program.migrate(p);
            assertSame(cached, page(program, p));
            program.must("madvise", p, P, Mman.MADV_FREE);
            program.migrate(p);
            assertSame(cached, page(program, p));
            assertEquals(7, program.load(p));
        });
    }

    @Test
    void whatIsNoPageOfItsOwnStays() {
        run(Sandbox.ext4(), (program, p) -> {
            long more = program.anonymous(2 * P);
            program.load(more); // the page of zeroes
            Folio zeroes = page(program, more);
            program.migrate(more);
            program.migrate(more + P);
            assertSame(zeroes, page(program, more));
            assertEquals(Pte.NONE, program.mm().slot(more + P).peek());
        });
        Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.anonymous(Thp.BYTES);
            program.store(p, 1);
            Folio huge = page(program, p);
            program.migrate(p);
            assertSame(huge, page(program, p));
        }));
    }

    @Test
    void aPageOfAFileMovesWithinTheCache() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long p = program.shared(fd, 2 * P);
            long again = program.shared(fd, P);
            program.store(p, 'b');
            assertEquals('b', program.load(again));
            Folio before = page(program, p);
            before.get();
            before.get();
            program.migrate(before); // one reference too many
            assertSame(before, page(program, p));
            program.migrate(before);
            assertNotSame(before, page(program, p));
            assertSame(page(program, p), page(program, again));
            assertEquals('b', program.load(again));
            program.store(again, 'c');
            program.must("fsync", fd);
            program.must("munmap", p, 2 * P);
            program.must("munmap", again, P);
            long buffer = program.anonymous(P);
            assertEquals(2, program.must("pread", fd, buffer, 2, 0));
            assertEquals('c', program.load(buffer));
        }));
    }

    @Test
    void aPageThatLeftItsFileStays() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long p = program.shared(fd, 2 * P);
            program.load(p + P);
            Folio gone = page(program, p + P);
            gone.get();
            program.must("ftruncate", fd, P);
            gone.get();
            program.migrate(gone);
            assertFalse(gone.lock().isLocked());
            assertEquals(1, gone.peekReferenceCount());
            gone.put();
        }));
    }

    /// A pipe that comes to have the page shows what is written to it: it did not go to another frame under the pipe.
    @Test
    void aPageThatSomebodyTakesMeanwhileStays() {
        TwoSwitches.once(order -> {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'a');
            List<Sandbox.Program> programs = new ArrayList<>();
            List<Folio> pages = new ArrayList<>();
            long[] memory = new long[1];
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                Sandbox.Program program = sandbox.program(1);
                programs.add(program);
                program.open("/mnt/f", 0);
                memory[0] = program.anonymous(P);
                program.must("pipe2", memory[0], 0);
                program.must("pread", 3, memory[0], 1, 0);
                pages.add(sandbox.mounted().getFirst().inodes().getFirst().mapping().peek(0).orElseThrow());
                program.store(memory[0], 'x');
            }, List.of(() -> {
                pages.getFirst().get();
                programs.getFirst().migrate(pages.getFirst());
            }, () -> {
                programs.getFirst().must("splice", 3, 0, 5, 0, 1, 0);
                programs.getFirst().must("pwrite", 3, memory[0], 1, 0);
            }), () -> {
                assertEquals(1, programs.getFirst().must("read", 4, memory[0] + 1, 1));
                assertEquals('x', programs.getFirst().load(memory[0] + 1), order.toString());
            }));
        });
    }
}
