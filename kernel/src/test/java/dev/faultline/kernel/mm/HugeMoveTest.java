package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Huge pages that are moved for a program, and split where they cannot be moved as a whole: who is waited for, and who is
/// not.
class HugeMoveTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;

    /// A program with a huge page, and as much memory behind it in which nothing is.
    private record Scene(Sandbox.Program program, HugeMove move, long address) {
        Mm mm() {
            return program.mm();
        }

        PmdSlot source() {
            return mm().pmd(address).orElseThrow();
        }

        PmdSlot target() {
            return mm().pmd(address + HUGE).orElseThrow();
        }

        PteSlot slot(long offset) {
            return mm().slot(address + offset);
        }

        Folio head() {
            return assertInstanceOf(Pmd.Huge.class, source().now()).first().folio();
        }

        /// Moves as much as fits from one place to the other.
        Optional<SysResult> moved(long to, long from) {
            return moved(to, from, 2 * HUGE, false);
        }

        Optional<SysResult> moved(long to, long from, long end, boolean holes) {
            mm().mmapLock().downRead();
            Optional<SysResult> result = move.move(address + to, address + from, address + end, holes);
            mm().mmapLock().upRead();
            return result;
        }

        Errno splitAt(long offset) {
            return splitAt(offset, (Pte.Present) slot(offset).peek());
        }

        Errno splitAt(long offset, Pte.Present page) {
            mm().mmapLock().downRead();
            Errno result = move.splitLargeFolio(slot(offset), page);
            mm().mmapLock().upRead();
            return result;
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static Scene scene(Sandbox sandbox) {
        Sandbox.Program program = sandbox.program(1);
        long p = program.anonymous(2 * HUGE);
        program.must("madvise", p, 2 * HUGE, Mman.MADV_HUGEPAGE);
        program.store(p + 3 * P, 7);
        return new Scene(program, new HugeMove(program.mm().swap().physical(), program.mm()), p);
    }

    private static void run(Body body) {
        Sandbox sandbox = Sandbox.huge(Thp.MADVISE);
        assertEquals(List.of(), sandbox.run(() -> body.run(scene(sandbox))));
    }

    private static Meanwhile<Scene> meanwhile() {
        return new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), HugeMoveTest::scene);
    }

    private static Optional<SysResult> failed(Errno errno) {
        return Optional.of(SysResult.err(errno));
    }

    @Test
    void onlyWhatFitsOneEntryOnBothSidesIsMovedAsAWhole() {
        run(s -> {
            assertEquals(Optional.of(SysResult.ok(0)), s.moved(HUGE, P));
            assertTrue(s.source().hasTable());
            assertEquals(Pmd.NONE, s.target().now());
        });
        run(s -> {
            assertEquals(Optional.of(SysResult.ok(0)), s.moved(HUGE + P, 0));
            assertTrue(s.source().hasTable());
        });
        run(s -> {
            assertEquals(Optional.of(SysResult.ok(0)), s.moved(HUGE, 0, HUGE - P, false));
            assertTrue(s.source().hasTable());
        });
        run(s -> {
            assertEquals(Optional.of(SysResult.ok(HUGE)), s.moved(HUGE, 0, HUGE, false));
            assertTrue(s.target().isHuge());
        });
    }

    @Test
    void whatIsInTheWayOrSharedOrMissingIsTold() {
        run(s -> {
            s.program().store(s.address() + HUGE, 1);
            assertEquals(failed(Errno.EEXIST), s.moved(HUGE, 0));
            s.target().split();
            s.source().modify(first -> first.without(Pte.Present.ANON_EXCLUSIVE), new TlbGather(s.mm()));
            assertEquals(failed(Errno.EBUSY), s.moved(HUGE, 0));
            assertTrue(s.source().isHuge());
            s.program().must("madvise", s.address() + HUGE, HUGE, Mman.MADV_DONTNEED);
            assertEquals(failed(Errno.EBUSY), s.moved(HUGE, 0));
            assertTrue(s.source().isHuge());
            s.program().must("madvise", s.address(), HUGE, Mman.MADV_DONTNEED);
            assertEquals(failed(Errno.ENOENT), s.moved(HUGE, 0));
            assertEquals(Pmd.NONE, s.source().now());
            assertEquals(Optional.empty(), s.moved(HUGE, 0, HUGE, true));
            assertTrue(s.source().hasTable());
            assertTrue(s.target().hasTable());
        });
        run(s -> {
            s.source().split();
            assertEquals(Optional.empty(), s.moved(HUGE, 0));
            assertTrue(s.target().hasTable());
            s.program().must("madvise", s.address(), 2 * HUGE, Mman.MADV_DONTNEED);
            s.program().load(s.address());
            s.target().populate();
            assertEquals(Optional.of(SysResult.ok(0)), s.moved(HUGE, 0)); // the page of zeroes is nobody's alone
            assertTrue(s.source().hasTable());
        });
    }

    @Test
    void onlyPartsThatAreTheEntrysAloneAreSplitOff() {
        run(s -> {
            s.source().split();
            Pte.Present part = (Pte.Present) s.slot(3 * P).peek();
            Folio head = part.folio().head();
            s.slot(3 * P).change(_ -> part.without(Pte.Present.ANON_EXCLUSIVE), new TlbGather(s.mm()));
            assertEquals(Errno.EBUSY, s.splitAt(3 * P));
            assertEquals(Errno.EAGAIN, s.splitAt(3 * P, part.without(Pte.Present.ANON_EXCLUSIVE | Pte.Present.DIRTY)));
            assertEquals(Errno.EAGAIN, s.splitAt(3 * P, part)); // it has changed
            s.slot(3 * P).change(_ -> part, new TlbGather(s.mm()));
            head.lock().lock();
            assertEquals(Errno.EAGAIN, s.splitAt(3 * P));
            head.lock().unlock();
            head.get();
            assertEquals(Errno.EBUSY, s.splitAt(3 * P));
            assertEquals(513, head.peekReferenceCount());
            head.put();
            assertFalse(head.lock().isLocked());
            assertSame(part, s.slot(3 * P).peek());
            assertEquals(Errno.EAGAIN, s.splitAt(3 * P));
            assertFalse(((Pte.Present) s.slot(3 * P).peek()).folio().isLarge());
            assertEquals(0, head.peekReferenceCount());
            assertEquals(7, s.program().load(s.address() + 3 * P));
        });
    }

    @Test
    void aPageThatIsMappedAsAWholeIsSplitForAPart() {
        run(s -> {
            Folio head = s.head();
            head.flags().setBits(Folio.DIRTY);
            head.get();
            SplitFolio split = new SplitFolio(s.mm().swap().physical());
            head.lock().lock();
            assertTrue(split.split(head, s.mm()));
            head.lock().unlock();
            assertEquals(1, head.peekReferenceCount());
            head.put();
            Folio small = s.slot(3 * P).presentInTable().folio();
            assertFalse(small.isLarge());
            assertEquals(Folio.DIRTY, small.flags().peek());
            assertEquals(7, s.program().load(s.address() + 3 * P));
            assertEquals(1, small.peekReferenceCount());
            assertEquals(1, small.readMappings());
        });
        run(s -> {
            Sandbox.Program child = s.program().fork();
            s.head().get();
            assertThrows(NotModelled.class, () -> new SplitFolio(s.mm().swap().physical()).split(s.head(), s.mm()));
            s.mm().anonVma().rwsem().upWrite();
            s.head().put();
            child.exit(0);
        });
        run(s -> { // nothing maps it any more
            Folio head = s.head();
            head.get();
            s.program().must("madvise", s.address(), HUGE, Mman.MADV_DONTNEED);
            head.lock().lock();
            assertTrue(new SplitFolio(s.mm().swap().physical()).split(head, s.mm()));
            head.lock().unlock();
            head.put();
        });
    }

    @Test
    void whoMovesAHugePageWaitsForItsLockAndForThatOfItsReverseMap() {
        Meanwhile<Scene> two = meanwhile();
        two.waits(s -> s.head().lock().lock(), s -> assertInstanceOf(Pmd.Huge.class, s.source().read()),
                s -> s.head().lock().unlock(), s -> s.moved(HUGE, 0));
        two.waits(s -> s.mm().anonVma().rwsem().downRead(), s -> assertInstanceOf(Pmd.Huge.class, s.source().read()),
                s -> s.mm().anonVma().rwsem().upRead(), s -> s.moved(HUGE, 0));
    }

    @Test
    void whoSplitsAHugePageWaitsForTheLockOfItsReverseMap() {
        Meanwhile<Scene> two = new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Scene s = scene(sandbox);
            s.source().split();
            return s;
        });
        two.waits(s -> s.mm().anonVma().rwsem().downRead(), s -> assertTrue(((Pte.Present) s.slot(3 * P).read()).folio().isLarge()),
                s -> s.mm().anonVma().rwsem().upRead(), s -> s.splitAt(3 * P));
    }

    /// A pin comes before the page is moved, or does not get the page any more.
    @Test
    void aPinKeepsAHugePageWhereItIs() {
        Folio[] pinned = new Folio[1];
        meanwhile().race(s -> s.moved(HUGE, 0), s -> {
            Folio head = (s.source().read() instanceof Pmd.Huge huge ? huge : (Pmd.Huge) s.target().now()).first().folio();
            pinned[0] = head;
            if (s.source().getFolio(Pte.anonymous(head, true))) {
                assertTrue(head.tryGrab(FolioHold.PIN));
                head.put();
                assertTrue(s.source().isHuge());
            } else {
                pinned[0] = s.mm().swap().physical().allocate("nothing");
                assertTrue(pinned[0].tryGrab(FolioHold.PIN));
            }
        }, s -> {
            assertEquals(7, s.program().load(s.address() + 3 * P + (s.source().isHuge() ? 0 : HUGE)));
            FolioHold.PIN.release(pinned[0]);
            if (!pinned[0].isLarge()) {
                pinned[0].put();
            }
        });
    }

    @Test
    void whateverHappensToAHugePageMeanwhileItIsInOnePlace() {
        for (long lengthBytes : List.of(HUGE, P)) {
            meanwhile().race(s -> s.moved(HUGE, 0), s -> s.program().must("madvise", s.address(), lengthBytes, Mman.MADV_DONTNEED), s -> {
                int there = s.program().load(s.address() + HUGE + 3 * P);
                assertEquals(lengthBytes == P || there == 7 ? 7 : 0, there + s.program().load(s.address() + 3 * P));
            });
            meanwhile().race(s -> {
                s.moved(HUGE, 0);
                s.moved(HUGE, 0);
            }, s -> s.program().store(s.address() + 3 * P, 8), s -> {
                int there = s.program().load(s.address() + HUGE + 3 * P);
                int here = s.program().load(s.address() + 3 * P);
                assertTrue(here == 8 || here + there == 8, here + " and " + there);
            });
        }
    }

    @Test
    void aHugePageIsSplitUnlessSomebodyTakesAReferenceMeanwhile() {
        Meanwhile<Scene> two = new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Scene s = scene(sandbox);
            s.program().must("madvise", s.address() + 6 * P, HUGE - 6 * P, Mman.MADV_DONTNEED);
            return s;
        });
        boolean[] both = new boolean[2];
        Folio[] held = new Folio[1];
        Errno[] result = new Errno[1];
        two.race(s -> result[0] = s.splitAt(3 * P), s -> {
            held[0] = s.slot(3 * P).read() instanceof Pte.Present part && part.folio().isLarge() && s.slot(3 * P).getFolio(part)
                    ? part.folio() : s.mm().swap().physical().allocate("nothing");
        }, s -> {
            Folio part = s.slot(3 * P).presentInTable().folio();
            both[part.isLarge() ? 1 : 0] = true;
            assertEquals(part.isLarge() ? Errno.EBUSY : Errno.EAGAIN, result[0]);
            assertTrue(!held[0].isLarge() || part.head() == held[0].head());
            held[0].put();
            assertEquals(7, s.program().load(s.address() + 3 * P));
            assertFalse(part.head().lock().isLocked());
            assertEquals(part.isLarge() ? 6 : 1, part.peekReferenceCount());
        });
        assertTrue(both[0] && both[1]);
    }

    @Test
    void partsThatAreGivenBackWhileTheirHugePageIsSplitAreGone() {
        Meanwhile<Scene> two = new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Scene s = scene(sandbox);
            s.program().must("madvise", s.address() + 6 * P, HUGE - 6 * P, Mman.MADV_DONTNEED);
            return s;
        });
        two.race(s -> s.splitAt(3 * P), s -> s.program().must("madvise", s.address() + P, P, Mman.MADV_DONTNEED), s -> {
            assertEquals(Pte.NONE, s.slot(P).peek());
            assertEquals(7, s.program().load(s.address() + 3 * P));
            s.program().must("madvise", s.address(), 3 * P, Mman.MADV_DONTNEED);
            s.program().must("madvise", s.address() + 4 * P, 3 * P, Mman.MADV_DONTNEED);
            assertEquals(1, s.slot(3 * P).presentInTable().folio().peekReferenceCount());
        });
    }

    @Test
    void aStoreWhileAHugePageIsSplitIsNotLost() {
        Meanwhile<Scene> two = new Meanwhile<>(() -> Sandbox.huge(Thp.MADVISE), sandbox -> {
            Scene s = scene(sandbox);
            s.program().must("madvise", s.address() + 6 * P, HUGE - 6 * P, Mman.MADV_DONTNEED);
            Scene on = new Scene(s.program().on(0), s.move(), s.address());
            on.program().store(s.address() + 3 * P, 6);
            return on;
        });
        two.race(s -> s.splitAt(3 * P), s -> s.program().store(s.address() + 3 * P, 8),
                s -> assertEquals(8, s.program().load(s.address() + 3 * P)));
    }
}
