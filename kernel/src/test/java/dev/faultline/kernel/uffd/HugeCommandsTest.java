package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What each command answers where memory is mapped by huge pages; every answer was tried on Linux 6.18.
class HugeCommandsTest {
    private static final long PAGE = Monitor.PAGE;
    private static final long HUGE = 512 * PAGE;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private static final long SRC = 0x2_0000_0000L;
    private static final long DST = 0x3_0000_0000L;

    /// A program with 4 MiB of advised memory, and as much that it serves itself.
    private record Scene(Monitor monitor) {
        Sandbox.Program program() {
            return monitor.program();
        }

        String move(long dst, long src, long length, long mode) {
            return monitor.fill(Uffd.IOC_MOVE, dst, src, length, mode);
        }

        void store(long address) {
            program().store(address, 'x');
        }

        boolean isHuge(long address) {
            return program().mm().slot(address).peek() instanceof Pte.Present page && page.folio().isLarge();
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(long features, Body body) {
        Sandbox sandbox = Sandbox.huge(Thp.MADVISE);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            Monitor m = Monitor.with(program, 0, features);
            for (long at : List.of(SRC, DST)) {
                program.must("mmap", at, 2 * HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            }
            program.must("madvise", SRC, 2 * HUGE, Mman.MADV_HUGEPAGE);
            m.fill(Uffd.IOC_REGISTER, DST, 2 * HUGE, Uffd.REGISTER_MODE_MISSING | Uffd.REGISTER_MODE_WP);
            body.run(new Scene(m));
        }));
    }

    private static void run(Body body) {
        run(0, body);
    }

    @Test
    void aHugePageMovesAsAWhole() {
        run(s -> {
            s.store(SRC + 3 * PAGE);
            int before = s.program().pagesInUse();
            assertEquals("0 2097152", s.move(DST, SRC, HUGE, 0));
            assertEquals('x', s.program().load(DST + 3 * PAGE));
            assertTrue(s.isHuge(DST));
            assertEquals(before, s.program().pagesInUse());
            assertEquals("EEXIST -17", s.move(DST, SRC, HUGE, 0));
            s.store(SRC);
            assertEquals("EEXIST -17", s.move(DST, SRC, HUGE, 0));
            assertEquals("EEXIST -17", s.move(DST, SRC, PAGE, 0));
            assertEquals(0, s.program().load(SRC + 3 * PAGE));
        });
    }

    @Test
    void severalHugePagesMoveAndWhatIsMissingEndsIt() {
        run(s -> {
            s.store(SRC);
            s.store(SRC + HUGE);
            assertEquals("0 4194304", s.move(DST, SRC, 2 * HUGE, 0));
            assertTrue(s.isHuge(DST) && s.isHuge(DST + HUGE));
        });
        run(s -> {
            s.store(SRC);
            assertEquals("EAGAIN 2097152", s.move(DST, SRC, 2 * HUGE, 0));
            assertEquals("ENOENT -2", s.move(DST + HUGE, SRC + HUGE, HUGE, 0));
            assertEquals("0 2097152", s.move(DST + HUGE, SRC + HUGE, HUGE, 2));
            assertEquals("EEXIST -17", s.move(DST, SRC, HUGE, 0));
            assertEquals("EEXIST -17", s.move(DST, SRC, HUGE, 2));
        });
    }

    @Test
    void aPartOfAHugePageIsSplitOff() {
        run(s -> {
            s.store(SRC + 3 * PAGE);
            s.store(SRC + 4 * PAGE);
            int before = s.program().pagesInUse();
            assertEquals("0 4096", s.move(DST, SRC + 3 * PAGE, PAGE, 0));
            assertEquals(before + 511, s.program().pagesInUse());
            assertFalse(s.isHuge(SRC));
            assertEquals("0 4096", s.move(DST + PAGE, SRC + 4 * PAGE, PAGE, 0));
            assertEquals("ENOENT -2", s.move(DST + 2 * PAGE, SRC + 3 * PAGE, PAGE, 0));
            assertEquals('x', s.program().load(DST));
            assertEquals('x', s.program().load(DST + PAGE));
            s.program().must("munmap", SRC, HUGE);
            assertEquals(before + 1, s.program().pagesInUse());
        });
    }

    @Test
    void pagesThatAreGoneAreNotSplitOff() {
        run(s -> {
            s.store(SRC + 3 * PAGE);
            int before = s.program().pagesInUse();
            s.program().must("madvise", SRC + 8 * PAGE, 504 * PAGE, Mman.MADV_DONTNEED);
            assertEquals("0 4096", s.move(DST, SRC + 3 * PAGE, PAGE, 0));
            assertEquals(before + 7, s.program().pagesInUse());
        });
    }

    @Test
    void whatDoesNotFitOneEntryMovesPageByPage() {
        run(s -> {
            s.store(SRC + 3 * PAGE);
            assertEquals("0 2097152", s.move(DST + PAGE, SRC, HUGE, 0));
            assertEquals('x', s.program().load(DST + 4 * PAGE));
            assertFalse(s.isHuge(DST + 4 * PAGE));
        });
        run(s -> {
            s.store(SRC + 3 * PAGE);
            assertEquals("0 2093056", s.move(DST, SRC, HUGE - PAGE, 0));
            assertFalse(s.isHuge(DST));
        });
        run(s -> {
            s.store(SRC + 3 * PAGE);
            assertEquals("0 4096", s.monitor().fill(Uffd.IOC_ZEROPAGE, DST + 5 * PAGE, PAGE, 0));
            assertEquals("EAGAIN 20480", s.move(DST, SRC, HUGE, 0));
            assertEquals('x', s.program().load(DST + 3 * PAGE));
            assertFalse(s.isHuge(SRC));
        });
    }

    @Test
    void aHugePageThatAChildHadIsBusyUntilItIsWritten() {
        run(s -> {
            s.store(SRC + 3 * PAGE);
            s.program().fork().exit(0);
            assertEquals("EBUSY -16", s.move(DST, SRC, HUGE, 0));
            assertEquals("EBUSY -16", s.move(DST, SRC + 3 * PAGE, PAGE, 0));
            assertTrue(s.isHuge(SRC));
            s.store(SRC);
            assertEquals("0 2097152", s.move(DST, SRC, HUGE, 0));
        });
        run(s -> {
            s.store(SRC + 3 * PAGE);
            s.program().must("madvise", SRC, PAGE, Mman.MADV_NOHUGEPAGE);
            s.program().fork().exit(0);
            assertEquals("EBUSY -16", s.move(DST, SRC + 3 * PAGE, PAGE, 0));
        });
    }

    @Test
    void aReferenceKeepsAHugePageFromBeingSplitButNotFromBeingMoved() {
        run(s -> {
            s.store(SRC + 3 * PAGE);
            Pte.Present page = (Pte.Present) s.program().mm().slot(SRC + 7 * PAGE).peek();
            page.folio().get();
            assertEquals("EBUSY -16", s.move(DST, SRC + 3 * PAGE, PAGE, 0));
            page.folio().put();
            assertEquals("0 4096", s.move(DST, SRC + 3 * PAGE, PAGE, 0));
        });
        run(s -> {
            s.store(SRC + 3 * PAGE);
            Pte.Present page = (Pte.Present) s.program().mm().slot(SRC + 7 * PAGE).peek();
            page.folio().get();
            assertEquals("0 2097152", s.move(DST, SRC, HUGE, 0));
            page.folio().put();
        });
    }

    @Test
    void theHugePageOfZeroesMoves() {
        run(s -> {
            assertEquals(0, s.program().load(SRC));
            assertEquals("0 2097152", s.move(DST, SRC, HUGE, 0));
            assertEquals(0, s.program().load(DST + 9 * PAGE));
            assertEquals("ENOENT -2", s.move(DST + HUGE, SRC, HUGE, 0));
            assertEquals(0, s.program().load(SRC));
            assertEquals("0 4096", s.move(DST + HUGE, SRC, PAGE, 0));
            assertEquals(0, s.program().load(DST + HUGE));
        });
    }

    @Test
    void nothingIsFilledInWhereAHugePageIs() {
        run(Uffd.FEATURE_SIGBUS, s -> {
            s.store(SRC);
            s.move(DST, SRC, HUGE, 0);
            assertEquals("EEXIST -17", s.monitor().fill(Uffd.IOC_COPY, DST + PAGE, SRC + HUGE, PAGE, 0));
            assertEquals("EEXIST -17", s.monitor().fill(Uffd.IOC_ZEROPAGE, DST + PAGE, PAGE, 0));
            assertEquals("EEXIST -17", s.monitor().fill(Uffd.IOC_POISON, DST + PAGE, PAGE, 0));
            assertTrue(s.isHuge(DST));
        });
    }

    @Test
    void protectingAWholeHugePageLeavesItOneAndAPartSplitsIt() {
        run(Uffd.FEATURE_SIGBUS, s -> {
            s.store(SRC);
            s.move(DST, SRC, HUGE, 0);
            s.store(SRC + HUGE);
            s.move(DST + HUGE, SRC + HUGE, HUGE, 0);
            assertEquals("0", s.monitor().call(Uffd.IOC_WRITEPROTECT, DST, HUGE, 1));
            assertThrows(SignalRaised.class, () -> s.store(DST + 9 * PAGE));
            assertEquals("0", s.monitor().call(Uffd.IOC_WRITEPROTECT, DST + HUGE, PAGE, 1));
            assertThrows(SignalRaised.class, () -> s.store(DST + HUGE));
            s.store(DST + HUGE + PAGE);
            assertEquals("0", s.monitor().call(Uffd.IOC_WRITEPROTECT, DST, 2 * HUGE, 0));
            s.store(DST + 9 * PAGE);
            s.store(DST + HUGE);
        });
    }

    /// What would be a huge page is asked for as a whole: the page that was allocated for it is given back.
    @Test
    void aMissingHugePageIsAskedFor() {
        run(Uffd.FEATURE_SIGBUS, s -> {
            s.program().must("madvise", DST, 2 * HUGE, Mman.MADV_HUGEPAGE);
            int before = s.program().pagesInUse();
            assertThrows(SignalRaised.class, () -> s.store(DST + PAGE));
            assertThrows(SignalRaised.class, () -> s.program().load(DST + PAGE));
            assertEquals(before, s.program().pagesInUse());
            assertEquals("0 4096", s.monitor().fill(Uffd.IOC_ZEROPAGE, DST + PAGE, PAGE, 0));
            assertEquals(0, s.program().load(DST + PAGE));
            assertFalse(s.isHuge(DST + PAGE));
        });
    }

    @Test
    void aWriteThatNobodyIsAskedAboutSplitsAProtectedHugePage() {
        run(Uffd.FEATURE_SIGBUS | Uffd.FEATURE_WP_ASYNC | Uffd.FEATURE_WP_UNPOPULATED, s -> {
            s.store(SRC + 3 * PAGE);
            s.move(DST, SRC, HUGE, 0);
            assertEquals("0", s.monitor().call(Uffd.IOC_WRITEPROTECT, DST, HUGE, 1));
            assertTrue(s.isHuge(DST));
            s.store(DST + 9 * PAGE);
            assertTrue(s.program().mm().slot(DST + 9 * PAGE).peek() instanceof Pte.Present page && !page.uffdWp() && page.writable());
            assertTrue(s.program().mm().slot(DST + 3 * PAGE).peek() instanceof Pte.Present page && page.uffdWp() && !page.writable());
            assertEquals('x', s.program().load(DST + 3 * PAGE));
        });
    }

    @Test
    void aPinForReadingDoesNotAskAboutAProtectedHugePage() {
        run(Uffd.FEATURE_SIGBUS, s -> {
            s.store(SRC);
            s.move(DST, SRC, HUGE, 0);
            s.program().fork().exit(0);
            assertEquals("0", s.monitor().call(Uffd.IOC_WRITEPROTECT, DST, HUGE, 1));
            assertInstanceOf(GupResult.Pages.class, s.program().gup().getUserPagesFast(DST, 1, EnumSet.of(GupFlag.PIN)))
                    .folios().forEach(FolioHold.PIN::release);
            assertTrue(s.isHuge(DST));
            assertThrows(SignalRaised.class, () -> s.store(DST));
        });
    }

    /// A program that serves its faults is to be told of every page that is missing, also of one that becomes missing late; and
    /// nothing behind such a place is collapsed.
    @Test
    void whereTheProgramIsToldOfMissingPagesNoneMayBeMissing() {
        run(Uffd.FEATURE_SIGBUS, s -> {
            s.program().must("madvise", SRC, 2 * HUGE, Mman.MADV_NOHUGEPAGE);
            for (int i = 0; i < 512; i++) {
                s.store(SRC + i * PAGE);
                s.store(SRC + HUGE + i * PAGE);
            }
            assertEquals("0 2097152", s.move(DST + HUGE, SRC + HUGE, HUGE, 0));
            assertEquals("0 2093056", s.move(DST, SRC, HUGE - PAGE, 0));
            s.program().must("madvise", DST, 2 * HUGE, Mman.MADV_HUGEPAGE);
            assertEquals(SysResult.err(Errno.EBUSY), s.program().call("madvise", DST, 2 * HUGE, Mman.MADV_COLLAPSE));
            assertFalse(s.isHuge(DST));
            assertFalse(s.isHuge(DST + HUGE));
            assertEquals("0 4096", s.move(DST + HUGE - PAGE, SRC + HUGE - PAGE, PAGE, 0));
            assertEquals(SysResult.ok(0), s.program().call("madvise", DST, 2 * HUGE, Mman.MADV_COLLAPSE));
            assertTrue(s.isHuge(DST));
            assertTrue(s.isHuge(DST + HUGE));
        });
    }

    @Test
    void aRegistrationMeanwhileKeepsThePagesSmallOrFindsThemCollapsed() {
        boolean[] both = new boolean[2];
        new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Monitor m = Monitor.with(sandbox.program(1), 0, Uffd.FEATURE_SIGBUS);
            m.program().must("mmap", DST, HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            m.program().store(DST, 'x');
            return new Scene(m);
        }).race(s -> s.program().call("madvise", DST, HUGE, Mman.MADV_COLLAPSE),
                s -> {
                    s.monitor().fill(Uffd.IOC_REGISTER, DST, HUGE, Uffd.REGISTER_MODE_MISSING);
                    if (!s.isHuge(DST)) { // it was registered before
                        assertThrows(SignalRaised.class, () -> s.store(DST + PAGE));
                        assertFalse(s.isHuge(DST));
                    }
                }, s -> both[s.isHuge(DST) ? 1 : 0] = true);
        assertTrue(both[0] && both[1]);
    }
}
