package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Small pages are made a huge one while another task does something to them, at every point.
class CollapseRacesTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long AT = 0x2_0000_0000L;
    private static final SysResult DONE = SysResult.ok(0);
    private static final SysResult AGAIN = SysResult.err(Errno.EAGAIN);
    private static final SysResult INVALID = SysResult.err(Errno.EINVAL);

    /// A program with 2 MiB, of which two pages were written.
    private record Scene(Sandbox.Program program, List<SysResult> results) {
        PmdSlot pmd() {
            return program.mm().pmd(AT).orElseThrow();
        }

        boolean isHuge() {
            return pmd().isHuge();
        }

        PteSlot slot(long offset) {
            return program.mm().slot(AT + offset);
        }

        Pte.Present present(long offset) {
            return assertInstanceOf(Pte.Present.class, slot(offset).peek());
        }

        Folio folio(long offset) {
            return present(offset).folio();
        }

        void collapse() {
            results.add(program.call("madvise", AT, HUGE, Mman.MADV_COLLAPSE));
        }

        void daemon() {
            new Collapse(program.mm().swap().physical()).khugepaged(program.mm(), AT);
        }

        void keeps(int first, int fifth) {
            assertEquals(first, program.load(AT));
            assertEquals(fifth, program.load(AT + 5 * P));
            assertEquals(0, program.load(AT + 7 * P));
        }
    }

    private static Scene scene(Sandbox sandbox) {
        Sandbox.Program program = sandbox.program(1).on(0);
        program.must("mmap", AT, HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
        program.store(AT, 1);
        program.store(AT + 5 * P, 5);
        program.must("madvise", AT, HUGE, Mman.MADV_HUGEPAGE);
        return new Scene(program, new ArrayList<>());
    }

    private static Meanwhile<Scene> two(Architecture architecture) {
        return new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE, architecture), CollapseRacesTest::scene);
    }

    private static Meanwhile<Scene> two() {
        return two(Architecture.X86_64);
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(Body body) {
        Sandbox sandbox = Sandbox.huge(Thp.MADVISE).file("/mnt/f", 2 * HUGE, 'f');
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> body.run(scene(sandbox))));
    }

    @Test
    void twoWhoCollapseTheSameBothSucceed() {
        two().race(Scene::collapse, Scene::collapse, s -> {
            assertEquals(List.of(DONE, DONE), s.results());
            assertTrue(s.isHuge());
            s.keeps(1, 5);
        });
    }

    @Test
    void aStoreIsNotLost() {
        two().race(Scene::collapse, s -> s.program().on(1).store(AT + 1, 9), s -> {
            assertEquals(9, s.program().load(AT + 1));
            s.keeps(1, 5);
            assertEquals(List.of(DONE), s.results());
        });
        two().race(Scene::collapse, s -> s.program().on(1).store(AT + 6 * P, 9), s -> {
            assertEquals(9, s.program().load(AT + 6 * P));
            s.keeps(1, 5);
            assertEquals(List.of(DONE), s.results());
        });
    }

    /// Whoever holds a page, or its lock, by the time that the table is gone keeps it where it is.
    @Test
    void aPageThatIsHeldOrLockedStaysWhereItIs() {
        for (boolean locks : new boolean[] {false, true}) {
            Folio[] held = new Folio[1];
            two().race(80, Scene::collapse, s -> {
                Pte.Present page = s.slot(0).read() instanceof Pte.Present present ? present : Pte.zeroPage(s.program().mm().swap().physical().allocate("none"));
                boolean taken = page.special() || s.slot(0).getFolio(page);
                if (!taken || page.folio().isLarge() || page.special()) {
                    if (taken) {
                        page.folio().put();
                    }
                    return;
                }
                held[0] = page.folio();
                if (locks) {
                    page.folio().put();
                    if (page.folio().lock().tryLock()) {
                        boolean still = s.slot(0).read().equals(page);
                        s.slot(3 * P).read();
                        assertEquals(still, s.slot(0).read().equals(page));
                        page.folio().lock().unlock();
                    }
                } else {
                    s.slot(3 * P).read();
                    assertEquals(page, s.slot(0).inTable());
                    page.folio().put();
                }
            }, s -> s.keeps(1, 5));
        }
    }

    @Test
    void whatIsGivenBackMeanwhileIsGone() {
        two().race(Scene::collapse, s -> s.program().must("madvise", AT, P, Mman.MADV_DONTNEED), s -> {
            s.keeps(0, 5);
            assertEquals(1, s.results().size());
        });
        two().race(Scene::collapse, s -> s.program().must("madvise", AT, HUGE, Mman.MADV_DONTNEED), s -> {
            s.keeps(0, 0);
            assertTrue(List.of(DONE, INVALID).containsAll(s.results()), s.results().toString());
        });
    }

    @Test
    void anAreaThatIsGoneOrSmallerOrUnwillingByThenIsLeftAlone() {
        two().race(Scene::collapse, s -> s.program().must("munmap", AT + HUGE - P, P), s -> {
            assertFalse(s.isHuge());
            s.keeps(1, 5);
            assertTrue(List.of(DONE, INVALID).containsAll(s.results()), s.results().toString());
        });
        boolean[] both = new boolean[2];
        two().race(Scene::collapse, s -> s.program().must("madvise", AT, HUGE, Mman.MADV_NOHUGEPAGE), s -> {
            both[s.isHuge() ? 1 : 0] = true;
            assertEquals(List.of(s.isHuge() ? DONE : INVALID), s.results());
            s.keeps(1, 5);
        });
        assertTrue(both[0] && both[1]);
        two().race(Scene::collapse, s -> s.program().must("munmap", AT, HUGE), s -> assertFalse(s.isHuge()));
        two().race(Scene::collapse, s -> s.program().must("mmap", AT, HUGE, Mman.PROT_READ, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0), s -> {
            assertFalse(s.isHuge());
            s.keeps(0, 0);
        });
        two().race(Scene::collapse, s -> s.program().must("mprotect", AT, HUGE, Mman.PROT_READ), s -> {
            s.keeps(1, 5);
            assertFalse(s.present(0).writable());
        });
    }

    @Test
    void aPageOfWhichWritesAreToldIsNotTakenIntoAHugeOne() {
        boolean[] both = new boolean[2];
        boolean[] small = new boolean[1];
        two().race(Scene::collapse, s -> {
            s.program().mm().mmapLock().downRead();
            small[0] = !s.folio(5 * P).isLarge();
            if (small[0]) {
                s.slot(5 * P).modify(Pte.Present::mkUffdWp, new TlbGather(s.program().mm()));
            }
            s.program().mm().mmapLock().upRead();
        }, s -> {
            both[s.isHuge() ? 1 : 0] = true;
            assertEquals(List.of(small[0] ? INVALID : DONE), s.results());
            assertEquals(small[0], s.present(5 * P).uffdWp());
            assertFalse(s.folio(0).lock().isLocked());
        });
        assertTrue(both[0] && both[1]);
    }

    @Test
    void whoWalksWithoutLocksIsWaitedFor() {
        for (Architecture architecture : List.of(Architecture.X86_64, Architecture.ARM64)) {
            two(architecture).waits(s -> s.program().mm().locklessWalks().enter(), s -> {
                assertEquals(Pmd.NONE, s.pmd().read());
                assertFalse(((Pte.Present) s.slot(0).inTable()).folio().lock().isLocked());
            }, s -> s.program().mm().locklessWalks().leave(), Scene::collapse);
            two(architecture).race(60, Scene::collapse, s -> {
                s.program().mm().locklessWalks().enter();
                if (s.pmd().read() instanceof Pmd.Table table && s.slot(0).read(table) instanceof Pte.Present page
                        && page.folio().tryGet()) {
                    if (s.pmd().read().equals(table)) {
                        s.slot(3 * P).read();
                        assertEquals(page, s.slot(0).inTable());
                    }
                    page.folio().put();
                }
                s.program().mm().locklessWalks().leave();
            }, s -> s.keeps(1, 5));
        }
    }

    /// Who looks for the pages by their reverse map finds them, with its lock.
    @Test
    void whoWalksTheReverseMapIsWaitedFor() {
        two().waits(s -> s.program().mm().anonVma().rwsem().downRead(), s -> assertInstanceOf(Pmd.Table.class, s.pmd().read()),
                s -> s.program().mm().anonVma().rwsem().upRead(), Scene::collapse);
    }

    @Test
    void aPageThatCameLateMayWaitInABatch() {
        two().choosing(1).race(Scene::collapse, s -> { }, s -> assertEquals(List.of(DONE), s.results()));
        boolean[] both = new boolean[2];
        boolean[] late = new boolean[1];
        two().choosing(1).race(Scene::collapse, s -> {
            s.program().store(AT + 6 * P, 6);
            late[0] = s.pmd().read() instanceof Pmd.Table && s.program().mm().swap().physical().inUse().stream().anyMatch(Folio::isLarge);
        }, s -> {
            both[s.isHuge() ? 1 : 0] = true;
            assertEquals(6, s.program().load(AT + 6 * P));
            s.keeps(1, 5);
            assertEquals(List.of(s.isHuge() ? DONE : AGAIN), s.results());
            assertTrue(!late[0] || !s.isHuge());
            assertFalse(s.folio(5 * P).lock().isLocked());
        });
        assertTrue(both[0] && both[1]);
    }

    @Test
    void theDaemonTakesNothingThatCameToBeSharedMeanwhile() {
        Meanwhile<Scene> many = new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Scene s = scene(sandbox);
            for (int page = 0; page < 300; page++) {
                s.slot(page * P).change(pte -> pte == Pte.NONE ? Pte.anonymous(s.program().mm().swap().physical().allocate("anonymous"), true) : pte,
                        new TlbGather(s.program().mm()));
            }
            return s;
        });
        List<Sandbox.Program> children = new ArrayList<>();
        for (int least : new int[] {310, 620}) { // after the first look, and before the second one
            many.race(least, least, Scene::daemon, s -> children.add(s.program().fork()), s -> {
                assertFalse(s.isHuge());
                s.keeps(1, 5);
                children.removeLast().exit(0);
            });
        }
        many.race(0, 0, Scene::daemon, s -> { }, s -> assertTrue(s.isHuge()));
    }

    @Test
    void zeroesAndPagesInTheSwapCacheAreTakenToo() {
        run(s -> {
            s.program().must("madvise", AT, P, Mman.MADV_PAGEOUT);
            assertEquals(1, s.program().load(AT));
            assertEquals(Folio.SWAPCACHE, s.folio(0).flags().peek() & Folio.SWAPCACHE);
            assertEquals(0, s.program().load(AT + 7 * P));
            Folio zero = s.folio(7 * P);
            s.collapse();
            assertEquals(List.of(DONE), s.results());
            assertTrue(s.isHuge());
            assertFalse(zero.lock().isLocked());
            s.keeps(1, 5);
        });
    }

    @Test
    void aReferenceBesideTheSwapCacheKeepsThePagesSmall() {
        run(s -> {
            s.program().must("madvise", AT, P, Mman.MADV_PAGEOUT);
            assertEquals(1, s.program().load(AT));
            Folio page = s.folio(0);
            page.get();
            s.collapse();
            page.put();
            s.collapse();
            assertEquals(List.of(AGAIN, DONE), s.results());
        });
    }

    @Test
    void whereMemoryHasALimitThereIsNoRoom() {
        run(s -> {
            s.program().mm().swap().physical().limit(50, () -> false);
            s.collapse();
            assertEquals(List.of(SysResult.err(Errno.ENOMEM)), s.results());
            s.keeps(1, 5);
            s.results().clear();
            Folio page = s.folio(5 * P); // what keeps the pages small is found before
            page.get();
            s.collapse();
            page.put();
            page.lock().lock();
            s.collapse();
            page.lock().unlock();
            s.slot(5 * P).modify(Pte.Present::mkUffdWp, new TlbGather(s.program().mm()));
            s.collapse();
            s.slot(0).modify(Pte.Present::mkUffdWp, new TlbGather(s.program().mm()));
            s.collapse();
            assertEquals(List.of(AGAIN, AGAIN, INVALID, INVALID), s.results());
        });
    }

    @Test
    void whatIsAHugePageAlreadyNeedsNoMemory() {
        run(s -> {
            s.collapse();
            s.program().mm().swap().physical().limit(50, () -> false);
            s.collapse();
            assertEquals(List.of(DONE, DONE), s.results());
        });
    }

    @Test
    void aPageThatCameLateIsFoundBeforeMemoryIsAskedFor() {
        boolean[] found = new boolean[1];
        Meanwhile<Scene> full = new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Scene s = scene(sandbox);
            s.program().mm().swap().physical().limit(50, () -> false);
            return s;
        });
        full.choosing(1).race(Scene::collapse, s -> s.program().store(AT + 6 * P, 6), s -> found[0] |= s.results().contains(AGAIN));
        assertTrue(found[0]);
    }

    @Test
    void aMarkerKeepsThePagesSmall() {
        run(s -> {
            s.slot(7 * P).fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE);
            s.collapse();
            s.slot(7 * P).change(_ -> Pte.Marker.UFFD_WP, new TlbGather(s.program().mm()));
            s.collapse();
            s.slot(7 * P).change(_ -> Pte.NONE, new TlbGather(s.program().mm()));
            s.collapse();
            assertEquals(List.of(INVALID, INVALID, DONE), s.results());
        });
    }

    @Test
    void aPrivateMappingOfAFileIsNoMemoryForTheDaemon() {
        run(s -> {
            int fd = s.program().open("/mnt/f", 0);
            s.program().must("mmap", AT, HUGE, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED, fd, 0);
            s.program().store(AT, 1);
            s.program().must("madvise", AT, HUGE, Mman.MADV_HUGEPAGE);
            s.daemon();
            assertFalse(s.isHuge());
            assertTrue(s.program().mm().areas().stream().allMatch(vma -> Collapse.ranges(vma, 9).isEmpty()));
            s.collapse();
            assertEquals(List.of(INVALID), s.results());
        });
    }
}
