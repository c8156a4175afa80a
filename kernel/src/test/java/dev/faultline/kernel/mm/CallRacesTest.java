package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Calls that change an address space, and what another task does there between any two of their steps.
class CallRacesTest {
    private static final long P = 4096;
    private static final long Q = 1L << 40;
    private static final long ELSEWHERE = Q + 64 * P;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int ANONYMOUS = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS;
    private static final int MOVE = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;

    /// The programs of a try; the first one is there from the start.
    private static final class Programs {
        private final List<Sandbox.Program> all = new ArrayList<>();

        /// Pages that were there at the start.
        private final List<Folio> pages = new ArrayList<>();

        /// That one of its tasks is at a certain place.
        private boolean there;

        Sandbox.Program first() {
            return all.getFirst();
        }

        Sandbox.Program latest() {
            return all.getLast();
        }

        void map(long address, long pages, int sort) {
            first().must("mmap", address, pages * P, RW, sort | Mman.MAP_FIXED, (sort & Mman.MAP_ANONYMOUS) == 0 ? 3 : -1, 0);
        }

        void fork() {
            all.add(first().fork());
        }

        Pte entry(long address) {
            return first().mm().slot(address).peek();
        }
    }

    private static Sandbox tmpfs() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", 4 * P, 'f');
        sandbox.swapOn(4);
        return sandbox;
    }

    private static Sandbox ext4() {
        return Sandbox.ext4().file("/mnt/f", 4 * P, 'f');
    }

    /// Lets the second task come between any two steps of the first; where it has to wait the first goes on.
    private static void race(Supplier<Sandbox> machine, Consumer<Programs> prepare, Consumer<Programs> first, Consumer<Programs> second,
            Consumer<Programs> last) {
        TwoSwitches.once(order -> run(order, machine, prepare, first, second, last));
    }

    private static void run(TwoSwitches order, Supplier<Sandbox> machine, Consumer<Programs> prepare, Consumer<Programs> first,
            Consumer<Programs> second, Consumer<Programs> last) {
        Sandbox sandbox = machine.get();
        Programs programs = new Programs();
        assertEquals(List.of(), sandbox.runTogether(order, () -> {
            programs.all.add(sandbox.program(1));
            programs.first().open("/mnt/f", 0);
            prepare.accept(programs);
        }, List.of(() -> first.accept(programs), () -> second.accept(programs)), () -> last.accept(programs)), order::toString);
    }

    /// Lets the first task go on in the middle of the second one, too, after at most so many steps of its own.
    private static void raceTwice(int most, Supplier<Sandbox> machine, Consumer<Programs> prepare, Consumer<Programs> first,
            Consumer<Programs> second, Consumer<Programs> last) {
        TwoSwitches.twice(most, order -> run(order, machine, prepare, first, second, last));
    }

    private static void raceBothWays(Supplier<Sandbox> machine, Consumer<Programs> prepare, Consumer<Programs> one, Consumer<Programs> other,
            Consumer<Programs> last) {
        race(machine, prepare, one, other, last);
        race(machine, prepare, other, one, last);
    }

    // ---- fork ----

    /// A page that is being moved is found in the child as well; also one that was shared before.
    @Test
    void aForkMeetsAPageThatMoves() {
        for (boolean shared : new boolean[] {false, true}) {
            raceBothWays(CallRacesTest::tmpfs, all -> {
                all.map(Q, 2, ANONYMOUS);
                all.first().store(Q, 'a');
                if (shared) {
                    all.fork();
                }
            }, all -> all.first().migrate(Q), Programs::fork, all -> {
                for (Sandbox.Program program : all.all) {
                    assertInstanceOf(Pte.Present.class, program.mm().slot(Q).peek());
                    assertEquals('a', program.load(Q));
                }
                all.first().store(Q, 'b');
                assertEquals('a', all.latest().load(Q));
            });
        }
    }

    /// The page is at its new place when the entry for the child is to be made.
    @Test
    void aForkMeetsAPageThatHasMoved() {
        raceTwice(20, CallRacesTest::tmpfs, all -> {
            all.map(Q, 1, ANONYMOUS);
            all.first().store(Q, 'a');
        }, all -> all.first().migrate(Q), Programs::fork, all -> {
            assertEquals('a', all.latest().load(Q));
            all.first().store(Q, 'b');
            assertEquals('a', all.latest().load(Q));
        });
    }

    @Test
    void aForkMeetsAPageThatGoesToSwapAndComesBack() {
        for (boolean written : new boolean[] {false, true}) {
            raceBothWays(CallRacesTest::tmpfs, all -> {
                all.map(Q, 1, ANONYMOUS);
                all.first().store(Q, 'a');
            }, all -> {
                all.first().reclaim(Q);
                if (written) {
                    all.first().store(Q + 1, 'b');
                } else {
                    all.first().load(Q);
                }
            }, Programs::fork, all -> {
                assertEquals('a', all.latest().load(Q));
                all.latest().store(Q, 'c');
                assertEquals('a', all.first().load(Q));
                assertEquals(written ? 'b' : 0, all.first().load(Q + 1));
            });
        }
    }

    // ---- mremap ----

    /// The page comes to lie in front of where it comes from, in an area that is one with what lies there: who walks looks
    /// there first (`need_rmap_locks`).
    @Test
    void aPageThatMovesBackWhereItWasIsFound() {
        for (int sort : new int[] {ANONYMOUS, Mman.MAP_SHARED, Mman.MAP_PRIVATE}) {
            raceTwice(25, CallRacesTest::tmpfs, all -> away(all, sort), CallRacesTest::back, all -> {
                Folio page = all.pages.getFirst();
                if (page.isFileBacked()) {
                    page.get();
                    all.first().migrate(page);
                } else {
                    all.first().migrate(ELSEWHERE);
                }
            }, all -> {
                assertInstanceOf(Pte.Present.class, all.entry(Q + P));
                assertEquals('x', all.first().load(Q + P));
            });
        }
    }

    /// Three pages, the middle one of which was moved elsewhere.
    private static void away(Programs all, int sort) {
        all.map(Q, 3, sort);
        for (int page = 0; page < 3; page++) {
            all.first().store(Q + page * P, 'w' + page);
        }
        all.first().must("mremap", Q + P, P, P, MOVE, ELSEWHERE);
        all.pages.add(((Pte.Present) all.entry(ELSEWHERE)).folio());
    }

    private static void back(Programs all) {
        all.first().must("mremap", ELSEWHERE, P, P, MOVE, Q + P);
        all.first().mm().mmapLock().downRead();
        assertEquals(1, all.first().mm().areas(Q, Q + 3 * P).size());
        all.first().mm().mmapLock().upRead();
    }

    @Test
    void aTruncationFindsWhatMovesBackWhereItWas() {
        for (int sort : new int[] {Mman.MAP_SHARED, Mman.MAP_PRIVATE}) {
            raceTwice(25, CallRacesTest::tmpfs, all -> away(all, sort), CallRacesTest::back, all -> all.first().must("ftruncate", 3, 0),
                    all -> assertEquals(Pte.NONE, all.entry(Q + P)));
        }
    }

    /// Nobody gets at the new area before the pages are there.
    @Test
    void aStoreDoesNotComeBeforeWhatMovesThere() {
        raceBothWays(CallRacesTest::tmpfs, all -> {
            all.map(Q, 1, ANONYMOUS);
            all.first().store(Q, 'a');
        }, all -> all.first().must("mremap", Q, P, P, MOVE, ELSEWHERE), all -> {
            try {
                all.first().store(ELSEWHERE + 1, 'b');
                all.there = true;
            } catch (SignalRaised none) {
                all.there = false;
            }
        }, all -> {
            assertEquals('a', all.first().load(ELSEWHERE));
            assertEquals(all.there ? 'b' : 0, all.first().load(ELSEWHERE + 1));
        });
    }

    // ---- faults ----

    /// A first store needs `mmap_lock` for a moment, which who unmaps may have: it begins again.
    @Test
    void aFirstStoreMeetsAnUnmapping() {
        for (int sort : new int[] {ANONYMOUS, Mman.MAP_PRIVATE, Mman.MAP_SHARED}) {
            for (boolean loaded : new boolean[] {false, true}) {
                raceBothWays(CallRacesTest::ext4, all -> {
                    all.map(Q, 1, sort);
                    if (loaded) {
                        all.first().load(Q);
                    }
                }, all -> {
                    try {
                        all.first().store(Q, 'a');
                    } catch (SignalRaised none) {
                        all.there = true;
                    }
                }, all -> all.first().must("munmap", Q, P), all -> assertEquals(Pte.NONE, all.entry(Q)));
            }
        }
    }

    /// A load that finds the page mapped by then only loads.
    @Test
    void twoLoadsMakeNoCopy() {
        for (int sort : new int[] {Mman.MAP_PRIVATE, Mman.MAP_SHARED}) {
            race(CallRacesTest::ext4, all -> all.map(Q, 1, sort), all -> assertEquals('f', all.first().load(Q)),
                    all -> assertEquals('f', all.first().load(Q)), all -> {
                        Pte.Present entry = assertInstanceOf(Pte.Present.class, all.entry(Q));
                        assertFalse(entry.isAnonymous());
                        assertFalse(entry.writable());
                    });
        }
    }

    /// An access of the kernel is handled under `mmap_lock`, one of the program under the lock of the area.
    @Test
    void onlyAccessesOfTheKernelWaitForMmapLock() {
        for (boolean kernel : new boolean[] {true, false}) {
            boolean[] met = new boolean[1];
            race(CallRacesTest::ext4, all -> all.map(Q, 1, ANONYMOUS), all -> {
                Mm mm = all.first().mm();
                mm.mmapLock().downWrite();
                all.there = true;
                mm.writeProtectSeq().read(); // a step that is nobody's business
                all.there = false;
                mm.mmapLock().upWrite();
            }, all -> {
                if (kernel) {
                    assertEquals(1, all.first().access().readable(Q, 1));
                } else {
                    all.first().load(Q);
                }
                met[0] |= all.there;
            }, all -> assertFalse(all.there));
            assertEquals(!kernel, met[0]);
        }
    }

    /// Who walks a table without locks is waited for before it is freed.
    @Test
    void aLocklessWalkMeetsAnUnmapping() {
        raceBothWays(() -> Sandbox.huge(Thp.MADVISE).file("/mnt/f", P, 'f'), all -> {
            all.map(Q, 1, ANONYMOUS);
            all.first().store(Q, 'a');
        }, all -> {
            GupResult found = all.first().gup().getUserPagesFast(Q, 1, EnumSet.of(GupFlag.PIN, GupFlag.FAST_ONLY));
            assertInstanceOf(GupResult.Pages.class, found).folios().forEach(FolioHold.PIN::release);
        }, all -> all.first().must("munmap", Q, P), all -> { });
    }

    // ---- faulting in ----

    @Test
    void whatIsLockedIsNotFaultedInBehindWhatWasAskedFor() {
        race(CallRacesTest::ext4, all -> {
            all.map(Q, 2, ANONYMOUS);
            all.first().must("mprotect", Q + P, P, Mman.PROT_READ);
        }, all -> all.first().call("mlock", Q, P), all -> all.first().must("munmap", Q, P),
                all -> assertEquals(Pte.NONE, all.entry(Q + P)));
    }

    /// `mmap_lock` is given up while the page is read; there may be nothing left to fault in.
    @Test
    void whatIsFaultedInMayBeGoneByThen() {
        race(CallRacesTest::ext4, all -> all.map(Q, 1, Mman.MAP_SHARED), all -> {
            SysResult result = all.first().call("madvise", Q, P, Mman.MADV_POPULATE_READ);
            assertEquals(true, result.equals(SysResult.ZERO) || result.equals(SysResult.err(Errno.ENOMEM)));
        }, all -> all.first().must("munmap", Q, P), all -> assertEquals(Pte.NONE, all.entry(Q)));
    }
}
