package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.mm.Mapping;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Uffd;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What becomes of entries that are protected for a program's sake: in a child, in another place, under other commands.
class ServedAreasTest {
    private static final long PAGE = Monitor.PAGE;
    private static final long Q = 1L << 40;
    private static final long HUGE = 1L << 41;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int MOVE = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;
    private static final long WP = Uffd.FEATURE_PAGEFAULT_FLAG_WP | Uffd.FEATURE_WP_HUGETLBFS_SHMEM;

    /// A program that serves itself, with 8 pages at [#Q] that begin with `a`, `b` and so on.
    private static final class World {
        private final Sandbox sandbox;
        private final List<Monitor> monitors = new ArrayList<>(1);

        World() {
            this(Sandbox.tmpfs(OptionalLong.empty()));
        }

        World(Sandbox sandbox) {
            this.sandbox = sandbox.file("/mnt/f", 4 * PAGE, 'f');
            sandbox.swapOn(4);
        }

        void begin(long features) {
            Sandbox.Program program = sandbox.program(1);
            program.open("/mnt/f", 0);
            monitors.add(Monitor.with(program, 0, features));
            map(Q, 8);
            for (int page = 0; page < 8; page++) {
                program.store(Q + page * PAGE, 'a' + page);
            }
        }

        Monitor monitor() {
            return monitors.getFirst();
        }

        Sandbox.Program program() {
            return monitor().program();
        }

        void map(long address, long pages) {
            program().must("mmap", address, pages * PAGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
        }

        void mapFile(long address, long pages) {
            program().must("mmap", address, pages * PAGE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, 3, 0);
        }

        void register(long address, long pages, long mode) {
            assertTrue(monitor().fill(Uffd.IOC_REGISTER, address, pages * PAGE, mode).startsWith("0 "));
        }

        void protect(long address, long pages, boolean protects) {
            assertEquals("0", monitor().call(Uffd.IOC_WRITEPROTECT, address, pages * PAGE, protects ? Uffd.WRITEPROTECT_MODE_WP : 0));
        }

        Pte entry(long address) {
            return program().mm().slot(address).peek();
        }

        Pte.Present present(long address) {
            return assertInstanceOf(Pte.Present.class, entry(address));
        }
    }

    private static void run(long features, Consumer<World> body) {
        World world = new World();
        assertEquals(List.of(), world.sandbox.run(() -> {
            world.begin(features);
            body.accept(world);
        }));
    }

    /// The same where what happens is read of, once.
    private static void runAndRead(long features, Consumer<World> prepare, Consumer<World> body, Consumer<World> last) {
        runAndRead(new World(), features, prepare, body, last);
    }

    private static void runAndRead(World world, long features, Consumer<World> prepare, Consumer<World> body, Consumer<World> last) {
        assertEquals(List.of(), world.sandbox.runTogether(1, () -> {
            world.begin(features);
            prepare.accept(world);
        }, List.of(() -> body.accept(world), () -> assertEquals("32", world.monitor().read(32))), () -> last.accept(world)));
    }

    // ---- in a child ----

    @Test
    void aChildThatIsServedTooIsProtectedAsItsParentIs() {
        List<Sandbox.Program> children = new ArrayList<>();
        List<GupResult.Pages> pins = new ArrayList<>();
        runAndRead(WP | Uffd.FEATURE_EVENT_FORK, world -> {
            world.mapFile(Q + 16 * PAGE, 2);
            world.program().store(Q + 16 * PAGE, 'x');
            pins.add(assertInstanceOf(GupResult.Pages.class,
                    world.program().gup().getUserPagesFast(Q + PAGE, 1, EnumSet.of(GupFlag.PIN, GupFlag.WRITE))));
            world.register(Q, 4, Uffd.REGISTER_MODE_WP);
            world.register(Q + 16 * PAGE, 2, Uffd.REGISTER_MODE_WP);
            world.protect(Q, 3, true);
            world.protect(Q + 16 * PAGE, 2, true);
            world.program().must("madvise", Q + 2 * PAGE, PAGE, Mman.MADV_PAGEOUT);
        }, world -> children.add(world.program().fork()), world -> {
            Sandbox.Program child = children.getFirst();
            for (long page : new long[] {0, 1, 16}) {
                assertTrue(((Pte.Present) child.mm().slot(Q + page * PAGE).peek()).uffdWp(), "page " + page);
            }
            assertTrue(((Pte.Swap) child.mm().slot(Q + 2 * PAGE).peek()).uffdWp());
            assertFalse(((Pte.Present) child.mm().slot(Q + 3 * PAGE).peek()).uffdWp());
            assertEquals(Pte.Marker.UFFD_WP, child.mm().slot(Q + 17 * PAGE).peek());
            child.exit(0);
            pins.getFirst().folios().forEach(FolioHold.PIN::release);
        });
    }

    /// The pages are copied for the child, as one of them may be pinned.
    @Test
    void pagesOfAHugeOneAreProtectedInAChildToo() {
        List<Sandbox.Program> children = new ArrayList<>();
        List<GupResult.Pages> pins = new ArrayList<>();
        runAndRead(new World(Sandbox.huge(Thp.ALWAYS)), WP | Uffd.FEATURE_EVENT_FORK, world -> {
            world.map(HUGE, 512);
            world.program().store(HUGE, 'x');
            pins.add(assertInstanceOf(GupResult.Pages.class,
                    world.program().gup().getUserPagesFast(HUGE, 1, EnumSet.of(GupFlag.PIN, GupFlag.WRITE))));
            world.register(HUGE, 2, Uffd.REGISTER_MODE_WP); // small entries from here on
            world.protect(HUGE, 2, true);
        }, world -> children.add(world.program().fork()), world -> {
            Sandbox.Program child = children.getFirst();
            Pte.Present copy = (Pte.Present) child.mm().slot(HUGE).peek();
            assertTrue(copy.uffdWp());
            assertTrue(copy.folio() != world.present(HUGE).folio());
            assertEquals('x', child.load(HUGE));
            child.exit(0);
            pins.getFirst().folios().forEach(FolioHold.PIN::release);
        });
    }

    @Test
    void aChildThatIsNotServedIsOrdinary() {
        run(WP | Uffd.FEATURE_WP_UNPOPULATED | Uffd.FEATURE_POISON, world -> {
            GupResult.Pages pin = assertInstanceOf(GupResult.Pages.class,
                    world.program().gup().getUserPagesFast(Q + PAGE, 1, EnumSet.of(GupFlag.PIN, GupFlag.WRITE)));
            world.program().must("madvise", Q + 3 * PAGE, 2 * PAGE, Mman.MADV_DONTNEED);
            world.register(Q, 8, Uffd.REGISTER_MODE_WP | Uffd.REGISTER_MODE_MISSING);
            world.protect(Q, 4, true);
            assertTrue(world.monitor().fill(Uffd.IOC_POISON, Q + 4 * PAGE, PAGE, 0).startsWith("0"));
            world.program().must("madvise", Q + 2 * PAGE, PAGE, Mman.MADV_PAGEOUT);
            assertEquals(Pte.Marker.UFFD_WP, world.entry(Q + 3 * PAGE));
            Sandbox.Program child = world.program().fork();
            assertFalse(((Pte.Present) child.mm().slot(Q).peek()).uffdWp());
            assertFalse(((Pte.Present) child.mm().slot(Q + PAGE).peek()).uffdWp());
            assertFalse(((Pte.Swap) child.mm().slot(Q + 2 * PAGE).peek()).uffdWp());
            assertEquals(Pte.NONE, child.mm().slot(Q + 3 * PAGE).peek());
            assertThrows(SignalRaised.class, () -> child.load(Q + 4 * PAGE));
            child.store(Q, 'x');
            child.store(Q + 2 * PAGE, 'x');
            assertEquals('b', child.load(Q + PAGE));
            assertEquals(0, child.load(Q + 3 * PAGE));
            assertTrue(world.present(Q).uffdWp());
            child.exit(0);
            pin.folios().forEach(FolioHold.PIN::release);
        });
    }

    // ---- in another place ----

    @Test
    void whatMovesIsOrdinaryWhereNobodyReadsOfIt() {
        run(WP, world -> {
            world.mapFile(Q + 16 * PAGE, 2);
            world.program().store(Q + 16 * PAGE, 'x');
            for (long at : new long[] {Q, Q + 16 * PAGE}) {
                world.register(at, 1, Uffd.REGISTER_MODE_WP);
                world.protect(at, 1, true);
                world.program().must("mremap", at, PAGE, PAGE, MOVE, Q + 32 * PAGE);
                assertFalse(world.present(Q + 32 * PAGE).uffdWp());
                world.program().store(Q + 32 * PAGE, 'y');
                world.program().must("munmap", Q + 32 * PAGE, PAGE);
            }
            Vma left = area(world, Q + 17 * PAGE);
            assertEquals(List.of(left), mapped(left));
        });
    }

    private static Vma area(World world, long address) {
        world.program().mm().mmapLock().downRead();
        Vma area = world.program().mm().vmaLookup(address).orElseThrow();
        world.program().mm().mmapLock().upRead();
        return area;
    }

    private static List<Vma> mapped(Vma vma) {
        Mapping mapping = vma.file().orElseThrow().mapping();
        mapping.iMmapRwsem().downRead();
        List<Vma> areas = List.copyOf(mapping.areas());
        mapping.iMmapRwsem().upRead();
        return areas;
    }

    @Test
    void whatMovesStaysProtectedWhereSomebodyReadsOfIt() {
        runAndRead(WP | Uffd.FEATURE_EVENT_REMAP, world -> {
            world.register(Q, 1, Uffd.REGISTER_MODE_WP);
            world.protect(Q, 1, true);
        }, world -> world.program().must("mremap", Q, PAGE, PAGE, MOVE, Q + 32 * PAGE),
                world -> assertTrue(world.present(Q + 32 * PAGE).uffdWp()));
    }

    @Test
    void whatIsInTheWayOfWhatMovesIsReadOf() {
        runAndRead(Uffd.FEATURE_EVENT_UNMAP, world -> world.register(Q + PAGE, 2, Uffd.REGISTER_MODE_MISSING),
                world -> world.program().must("mremap", Q + 4 * PAGE, PAGE, 2 * PAGE, MOVE, Q + PAGE),
                world -> assertEquals(Uffd.EVENT_UNMAP, world.monitor().word(0) & 0xff));
    }

    @Test
    void areasThatGoTogetherAreReadOfOnce() {
        runAndRead(Uffd.FEATURE_EVENT_UNMAP, world -> {
            world.register(Q, 1, Uffd.REGISTER_MODE_MISSING);
            world.register(Q + 2 * PAGE, 2, Uffd.REGISTER_MODE_MISSING);
        }, world -> world.program().must("munmap", Q, 4 * PAGE),
                world -> assertEquals(Uffd.EVENT_UNMAP, world.monitor().word(0) & 0xff));
    }

    @Test
    void aServedAreaMovesAloneWhereverItStands() {
        run(0, world -> {
            world.register(Q + PAGE, 1, Uffd.REGISTER_MODE_MISSING);
            assertEquals("EFAULT", Monitor.answer(world.program().call("mremap", Q, 2 * PAGE, 2 * PAGE, MOVE, Q + 32 * PAGE)));
            assertEquals("EFAULT", Monitor.answer(world.program().call("mremap", Q + PAGE, 2 * PAGE, 2 * PAGE, MOVE, Q + 32 * PAGE)));
            world.program().must("mremap", Q + PAGE, PAGE, PAGE, MOVE, Q + 32 * PAGE);
        });
    }

    // ---- protection ----

    @Test
    void whatIsNoLongerProtectedIsWritableOnlyWhereNothingElseIsInTheWay() {
        run(WP, world -> {
            world.register(Q, 4, Uffd.REGISTER_MODE_WP);
            Sandbox.Program child = world.program().fork();
            world.program().store(Q + PAGE, 'x'); // a copy
            world.protect(Q, 4, true);
            world.program().must("mprotect", Q + 2 * PAGE, PAGE, Mman.PROT_READ);
            world.protect(Q, 4, false);
            assertFalse(world.present(Q).writable());
            assertTrue(world.present(Q + PAGE).writable());
            assertFalse(world.present(Q + 2 * PAGE).writable());
            world.program().store(Q, 'y');
            assertEquals('a', child.load(Q));
            child.exit(0);
            world.program().store(Q + 3 * PAGE, 'z');
            world.protect(Q + 3 * PAGE, 1, true);
            world.program().must("mprotect", Q + 3 * PAGE, PAGE, Mman.PROT_READ);
            world.protect(Q + 3 * PAGE, 1, false);
            assertFalse(world.present(Q + 3 * PAGE).writable());
            assertThrows(SignalRaised.class, () -> world.program().store(Q + 3 * PAGE, 'z'));
        });
    }

    @Test
    void mprotectLeavesTheProtectionToTheProgram() {
        run(WP, world -> {
            world.register(Q, 1, Uffd.REGISTER_MODE_WP);
            world.protect(Q, 1, true);
            world.program().must("mprotect", Q, PAGE, Mman.PROT_READ);
            world.program().must("mprotect", Q, PAGE, RW);
            assertFalse(world.present(Q).writable());
            assertTrue(world.present(Q).uffdWp());
        });
    }

    @Test
    void aPageThatIsNotThereIsProtectedByAMark() {
        run(WP | Uffd.FEATURE_POISON, world -> {
            world.mapFile(Q + 16 * PAGE, 2);
            world.register(Q + 16 * PAGE, 2, Uffd.REGISTER_MODE_WP);
            world.protect(Q + 16 * PAGE, 1, true);
            assertEquals(Pte.Marker.UFFD_WP, world.entry(Q + 16 * PAGE)); // a file's needs no feature for it
            world.protect(Q + 16 * PAGE, 1, true);
            assertEquals(Pte.Marker.UFFD_WP, world.entry(Q + 16 * PAGE));
            world.protect(Q + 16 * PAGE, 1, false);
            assertEquals(Pte.NONE, world.entry(Q + 16 * PAGE));
            world.program().must("madvise", Q, PAGE, Mman.MADV_DONTNEED);
            world.register(Q, 1, Uffd.REGISTER_MODE_WP | Uffd.REGISTER_MODE_MISSING);
            assertTrue(world.monitor().fill(Uffd.IOC_POISON, Q, PAGE, 0).startsWith("0"));
            world.protect(Q, 1, false);
            assertThrows(SignalRaised.class, () -> world.program().load(Q));
        });
    }

    @Test
    void aMarkThatIsLeftBehindIsTakenAway() {
        run(WP, world -> {
            world.program().must("madvise", Q, PAGE, Mman.MADV_DONTNEED);
            world.program().mm().slot(Q).replace(Pte.NONE, Pte.Marker.UFFD_WP);
            assertEquals(0, world.program().load(Q));
            assertFalse(world.present(Q).uffdWp());
        });
    }

    @Test
    void aPageThatIsMappedWhereAMarkIsIsProtected() {
        run(WP, world -> {
            world.mapFile(Q + 16 * PAGE, 1);
            world.program().load(Q + 16 * PAGE);
            world.program().must("madvise", Q + 16 * PAGE, PAGE, Mman.MADV_DONTNEED);
            world.register(Q + 16 * PAGE, 1, Uffd.REGISTER_MODE_WP);
            world.protect(Q + 16 * PAGE, 1, true);
            assertEquals('f', world.program().load(Q + 16 * PAGE));
            assertTrue(world.present(Q + 16 * PAGE).uffdWp());
        });
    }

    /// Who pins a page to read gets one of the program's own, and nobody is asked: nothing is written.
    @Test
    void nobodyIsAskedAboutAPinThatReads() {
        run(WP | Uffd.FEATURE_SIGBUS, world -> {
            world.register(Q, 1, Uffd.REGISTER_MODE_WP);
            Sandbox.Program child = world.program().fork();
            world.protect(Q, 1, true);
            GupResult.Pages pinned = assertInstanceOf(GupResult.Pages.class,
                    world.program().gup().getUserPagesFast(Q, 1, EnumSet.of(GupFlag.PIN)));
            assertTrue(world.present(Q).anonExclusive());
            pinned.folios().forEach(FolioHold.PIN::release);
            child.exit(0);
        });
    }

    /// A forced write to a page that is protected is a write: the mark goes.
    @Test
    void aForcedWriteIsNoted() {
        run(WP | Uffd.FEATURE_WP_UNPOPULATED | Uffd.FEATURE_WP_ASYNC, world -> {
            world.register(Q, 1, Uffd.REGISTER_MODE_WP);
            world.protect(Q, 1, true);
            world.program().must("mprotect", Q, PAGE, Mman.PROT_READ);
            GupResult.Pages pages = assertInstanceOf(GupResult.Pages.class, world.program().gup().getUserPagesFast(Q, 1,
                    EnumSet.of(GupFlag.WRITE, GupFlag.FORCE)));
            assertFalse(world.present(Q).uffdWp());
            pages.folios().forEach(FolioHold.REFERENCE::release);
        });
    }

    /// Protection comes to a page that is being moved.
    @Test
    void aPageThatIsBeingMovedIsProtectedTheSame() {
        for (boolean protects : new boolean[] {true, false}) {
            TwoSwitches.once(order -> {
                World world = new World();
                assertEquals(List.of(), world.sandbox.runTogether(order, () -> {
                    world.begin(WP);
                    world.register(Q, 1, Uffd.REGISTER_MODE_WP);
                    if (!protects) {
                        world.protect(Q, 1, true);
                    }
                }, List.of(() -> world.program().migrate(Q), () -> world.protect(Q, 1, protects)), () -> {
                    assertEquals(protects, world.present(Q).uffdWp());
                    assertEquals(!protects, world.present(Q).writable());
                    assertEquals('a', world.program().load(Q));
                }), order::toString);
            });
        }
    }

    @Test
    void commandsAreReadAndAnsweredOverTheEndOfAPage() {
        run(0, world -> {
            long struct = Q + 17 * PAGE - 16;
            world.map(Q + 16 * PAGE, 2);
            world.program().store(struct, 8, Q);
            world.program().store(struct + 8, 8, PAGE);
            world.program().store(struct + 16, 8, Uffd.REGISTER_MODE_MISSING);
            assertEquals("0", Monitor.answer(world.program().call("ioctl", world.monitor().fd(), Uffd.IOC_REGISTER, struct)));
            assertTrue(world.program().load(struct + 24) != 0);
            world.program().must("munmap", Q + 17 * PAGE, PAGE);
            assertEquals("EFAULT", Monitor.answer(world.program().call("ioctl", world.monitor().fd(), Uffd.IOC_REGISTER, struct)));
            assertEquals("EFAULT", Monitor.answer(world.program().call("ioctl", world.monitor().fd(), Uffd.IOC_REGISTER, Q + 17 * PAGE)));
        });
    }

    /// The answer to the handshake is three words.
    @Test
    void anAnswerThatCannotBeWrittenIsAnError() {
        for (int readOnly = 0; readOnly < 3; readOnly++) {
            int which = readOnly;
            run(0, world -> {
                long struct = Q + 17 * PAGE - 8;
                world.map(Q + 16 * PAGE, 2);
                world.program().store(struct, 8, Uffd.API);
                if (which < 2) {
                    world.program().must("mprotect", Q + (16 + which) * PAGE, PAGE, Mman.PROT_READ);
                }
                long fd = world.program().must("userfaultfd", 0);
                assertEquals(which < 2 ? "EFAULT" : "0", Monitor.answer(world.program().call("ioctl", fd, Uffd.IOC_API, struct)));
                assertEquals(which == 2, world.program().load(struct + 8) != 0);
            });
        }
    }

    @Test
    void aHugePageOfAFileIsProtectedPageByPage() {
        World world = new World(Sandbox.hugeTmpfs());
        assertEquals(List.of(), world.sandbox.run(() -> {
            world.begin(WP);
            world.program().must("ftruncate", 3, 512 * PAGE);
            world.program().must("mmap", HUGE, 512 * PAGE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, 3, 0);
            world.program().load(HUGE);
            world.register(HUGE, 512, Uffd.REGISTER_MODE_WP);
            world.program().load(HUGE);
            world.program().must("madvise", HUGE, 512 * PAGE, Mman.MADV_DONTNEED);
            world.program().load(HUGE + PAGE);
            assertFalse(world.present(HUGE).writable()); // one entry for all of it, whose first write is to be told
            world.protect(HUGE, 512, true);
            assertEquals(Pte.Marker.UFFD_WP, world.entry(HUGE));
            assertEquals(Pte.Marker.UFFD_WP, world.entry(HUGE + 511 * PAGE));
            assertEquals('f', world.program().load(HUGE));
            assertTrue(world.present(HUGE).uffdWp());
            world.protect(HUGE, 512, false);
            world.program().store(HUGE, 'x');
        }));
    }

    /// The marks make the table that the fault finds in the way of one entry.
    @Test
    void aFaultMeetsTheProtectionOfAHugePageOfAFile() {
        TwoSwitches.once(order -> {
            World world = new World(Sandbox.hugeTmpfs());
            assertEquals(List.of(), world.sandbox.runTogether(order, () -> {
                world.begin(WP);
                world.program().must("ftruncate", 3, 512 * PAGE);
                world.program().must("mmap", HUGE, 512 * PAGE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, 3, 0);
                world.register(HUGE, 512, Uffd.REGISTER_MODE_WP);
            }, List.of(() -> world.program().load(HUGE), () -> world.protect(HUGE, 2, true)), () -> {
                assertEquals('f', world.program().load(HUGE));
                assertTrue(world.present(HUGE).uffdWp());
                world.protect(HUGE, 2, false);
            }), order::toString);
        });
    }
}
