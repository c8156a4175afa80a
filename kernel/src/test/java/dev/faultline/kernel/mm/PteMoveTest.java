package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Entries that go from one place of an address space to another, if they are still what they were, and nothing is in the way.
class PteMoveTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;

    /// A program with a page, and two others of which one is in swap; something is behind it.
    private record Scene(Sandbox.Program program, long address) {
        PteSlot slot(long offset) {
            return program.mm().slot(address + offset);
        }

        Pte.Present present() {
            return assertInstanceOf(Pte.Present.class, slot(0).peek());
        }

        Pte.Swap swapped() {
            return assertInstanceOf(Pte.Swap.class, slot(P).peek());
        }

        PmdSlot pmd(long offset) {
            return program.mm().pmd(address + offset).orElseThrow();
        }

        PteMove move(long from, long to) {
            return new PteMove(slot(from), slot(to));
        }

        boolean isHeld(long offset) {
            return slot(offset).translations().hash() != 0;
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static Scene prepared(Sandbox sandbox) {
        Sandbox.Program program = sandbox.program(1).on(0);
        long p = program.anonymous(2 * HUGE);
        program.store(p, 7);
        program.store(p + P, 8);
        program.must("madvise", p + P, P, Mman.MADV_PAGEOUT);
        program.mm().swap().dropUnused();
        program.store(p + 2 * P, 9);
        program.load(p);
        return new Scene(program, p);
    }

    private static Sandbox sandbox(Thp thp) {
        Sandbox sandbox = Sandbox.huge(thp);
        sandbox.swapOn(4);
        return sandbox;
    }

    private static void run(Thp thp, Body body) {
        Sandbox sandbox = sandbox(thp);
        assertEquals(List.of(), sandbox.run(() -> body.run(prepared(sandbox))));
    }

    private static void run(Body body) {
        run(Thp.NEVER, body);
        run(Thp.MADVISE, body);
    }

    @Test
    void aPageMovesWithItsReverseMapAndProcessorsForgetIt() {
        run(s -> {
            for (long to : List.of(5 * P, HUGE)) {
                Pte.Present page = s.present();
                s.program().load(s.address());
                assertTrue(s.isHeld(0));
                assertTrue(s.move(0, to).page(page, page));
                assertEquals(Pte.NONE, s.slot(0).peek());
                assertEquals(page, s.slot(to).peek());
                assertFalse(s.isHeld(0));
                assertEquals((s.address() + to) / P, page.folio().anonIndex());
                assertEquals(7, s.program().load(s.address() + to));
                assertTrue(s.move(to, 0).page(page, page));
            }
        });
    }

    @Test
    void aPageStaysIfItIsAnotherOneOrSomethingIsInTheWayOrItMayBePinned() {
        run(s -> {
            Pte.Present page = s.present();
            assertFalse(s.move(0, 5 * P).page(page.mkUffdWp(), page));
            assertFalse(s.move(0, 2 * P).page(page, page));
            assertTrue(page.folio().tryGrab(FolioHold.PIN));
            assertFalse(s.move(0, 5 * P).page(page, page));
            FolioHold.PIN.release(page.folio());
            assertEquals(page, s.slot(0).peek());
            assertEquals(Pte.NONE, s.slot(5 * P).peek());
            assertEquals(s.address() / P, page.folio().anonIndex());
            assertTrue(s.isHeld(0));
            s.program().load(s.address() + 6 * P);
            Pte.Present zero = (Pte.Present) s.slot(6 * P).peek();
            assertTrue(s.move(6 * P, 5 * P).page(zero, zero));
            assertTrue(zero.folio().anonIndex() < 0);
        });
    }

    @Test
    void anEntryInSwapMovesWithThePageThatIsCachedForIt() {
        run(s -> {
            Pte.Swap swap = s.swapped();
            for (long to : List.of(5 * P, HUGE)) {
                assertTrue(s.move(P, to).swapped(swap, Optional.empty()));
                assertEquals(Pte.NONE, s.slot(P).peek());
                assertEquals(swap, s.slot(to).peek());
                assertTrue(s.move(to, P).uncached(swap));
                assertTrue(s.move(P, to).uncached(swap));
                assertTrue(s.move(to, P).swapped(swap, Optional.empty()));
            }
            Folio cached = s.program().mm().swap().readIn(swap.entry()).orElseThrow();
            assertFalse(s.move(P, 5 * P).uncached(swap));
            cached.lock().lock();
            assertTrue(s.move(P, 5 * P).swapped(swap, Optional.of(cached)));
            cached.lock().unlock();
            assertEquals(s.address() / P + 5, cached.anonIndex());
            cached.put();
            assertEquals(8, s.program().load(s.address() + 5 * P));
        });
    }

    @Test
    void anEntryInSwapStaysIfItIsAnotherOneOrSomethingIsInTheWay() {
        run(s -> {
            Pte.Swap swap = s.swapped();
            Pte.Swap other = new Pte.Swap(new SwapEntry(3), true, false);
            assertFalse(s.move(P, 5 * P).swapped(other, Optional.empty()));
            assertFalse(s.move(P, 5 * P).uncached(other));
            assertFalse(s.move(P, 2 * P).swapped(swap, Optional.empty()));
            assertFalse(s.move(P, 2 * P).uncached(swap));
            assertEquals(swap, s.slot(P).peek());
            assertEquals(Pte.NONE, s.slot(5 * P).peek());
        });
    }

    @Test
    void aTableThatIsTakenOutIsLeftAloneAndAHugePageIsInTheWay() {
        run(Thp.MADVISE, s -> {
            Pte.Present page = s.present();
            Pte.Swap swap = s.swapped();
            TlbGather tlb = new TlbGather(s.program().mm());
            s.pmd(0).detach();
            assertFalse(s.move(0, HUGE).page(page, page));
            assertFalse(s.move(P, HUGE).swapped(swap, Optional.empty()));
            assertFalse(s.move(P, HUGE).uncached(swap));
            s.move(P, HUGE).entry(tlb);
            s.pmd(0).reattach();
            assertEquals(Pte.NONE, s.slot(HUGE).peek());
            s.program().must("munmap", s.address() + HUGE, HUGE);
            s.program().must("mmap", s.address() + HUGE, HUGE, Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            s.program().must("madvise", s.address() + HUGE, HUGE, Mman.MADV_HUGEPAGE);
            s.program().store(s.address() + HUGE, 1);
            Pte whole = s.slot(HUGE).peek();
            assertFalse(s.move(0, HUGE).page(page, page));
            assertFalse(s.move(P, HUGE).swapped(swap, Optional.empty()));
            assertFalse(s.move(P, HUGE).uncached(swap));
            s.move(P, HUGE).entry(tlb);
            s.move(HUGE, 5 * P).entry(tlb);
            tlb.finish();
            assertEquals(whole, s.slot(HUGE).peek());
            assertEquals(Pte.NONE, s.slot(HUGE).inTable());
            assertEquals(Pte.NONE, s.slot(5 * P).peek());
            assertEquals(page, s.slot(0).peek());
            assertEquals(swap, s.slot(P).peek());
        });
    }

    @Test
    void whateverIsThereMovesForMremap() {
        run(s -> {
            TlbGather tlb = new TlbGather(s.program().mm());
            Pte.Swap swap = s.swapped();
            s.move(P, HUGE).entry(tlb);
            assertEquals(swap, s.slot(HUGE).peek());
            s.move(HUGE, P).entry(tlb);
            assertEquals(swap, s.slot(P).peek());
            assertEquals(Pte.NONE, s.slot(HUGE).peek());
            s.program().load(s.address() + 6 * P);
            s.program().load(s.address() + 6 * P);
            assertTrue(s.isHeld(6 * P));
            Pte zero = s.slot(6 * P).peek();
            s.move(6 * P, 5 * P).entry(tlb);
            assertFalse(s.isHeld(6 * P)); // who finds it in its new place may give the page back
            assertEquals(zero, s.slot(5 * P).peek());
            tlb.finish();
        });
    }

    /// What comes between the look at the cache and the move of an entry is noticed, also if the entry is the same again.
    private static void meanwhile(Thp thp, int steps, Body body) {
        TwoSwitches.once(steps, steps, order -> {
            Sandbox sandbox = sandbox(thp);
            List<Scene> scenes = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(order, () -> scenes.add(prepared(sandbox)), List.of(() -> {
                Scene s = scenes.getFirst();
                assertFalse(s.move(P, 5 * P).uncached(s.swapped()));
            }, () -> body.run(scenes.getFirst())), () -> assertInstanceOf(Pte.Swap.class, scenes.getFirst().slot(P).peek())));
        });
    }

    @Test
    void whatComesBetweenTheLookAtTheCacheAndTheMoveIsNoticed() {
        Body sameAgain = s -> {
            Pte.Swap swap = s.swapped();
            s.slot(P).change(_ -> Pte.NONE, new TlbGather(s.program().mm()));
            s.slot(P).change(_ -> new Pte.Swap(swap.entry(), swap.exclusive(), swap.uffdWp()), new TlbGather(s.program().mm()));
        };
        meanwhile(Thp.NEVER, 1, sameAgain);
        meanwhile(Thp.MADVISE, 2, sameAgain);
        meanwhile(Thp.NEVER, 1, s -> s.slot(5 * P).fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE));
    }

    @Test
    void aTableThatIsTakenOutMeanwhileIsNoticed() {
        TwoSwitches.once(2, 2, order -> {
            Sandbox sandbox = sandbox(Thp.MADVISE);
            List<Scene> scenes = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(order, () -> scenes.add(prepared(sandbox)), List.of(() -> {
                Scene s = scenes.getFirst();
                assertFalse(s.move(P, HUGE).uncached(s.swapped()));
            }, () -> scenes.getFirst().pmd(0).detach()), () -> scenes.getFirst().pmd(0).reattach()));
        });
    }

    @Test
    void whoUsesThePageMeanwhileFindsItInOneOfTheTwoPlaces() {
        Meanwhile<Scene> two = new Meanwhile<>(() -> sandbox(Thp.NEVER), PteMoveTest::prepared);
        two.race(s -> s.move(0, 5 * P).page(s.present(), s.present()), s -> s.program().load(s.address() + 5 * P), s -> {
            int here = s.program().load(s.address());
            assertEquals(7, here + s.program().load(s.address() + 5 * P));
        });
        two.race(s -> s.move(P, 5 * P).swapped(s.swapped(), Optional.empty()), s -> s.program().load(s.address() + 5 * P), s -> {
            int here = s.program().load(s.address() + P);
            assertEquals(8, here + s.program().load(s.address() + 5 * P));
        });
    }
}
