package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// One entry of a page table: what each step makes of it, of the references of its page, and of what processors hold of it.
class PteSlotTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;
    private static final SwapEntry SWAP = new SwapEntry(1);

    /// A program, and a place of its page table in which something is.
    private record Scene(Sandbox sandbox, Sandbox.Program program, long address) {
        Mm mm() {
            return program.mm();
        }

        PteSlot slot() {
            return mm().slot(address);
        }

        PteSlot slot(long offset) {
            return mm().slot(address + offset);
        }

        Pte.Present present() {
            return assertInstanceOf(Pte.Present.class, slot().peek());
        }

        Folio folio() {
            return present().folio();
        }

        PmdSlot pmd() {
            return mm().pmd(address).orElseThrow();
        }

        /// {@return whether a processor goes by something that the page table has no longer}
        boolean isStale(PteSlot place) {
            return !place.translation(1).equals(place.peek());
        }

        /// {@return whether a processor holds a translation, stale or not}
        boolean isHeld(PteSlot place) {
            return place.translations().hash() != 0;
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static List<Finding> found(Sandbox sandbox, Body body) {
        sandbox.swapOn(4);
        return sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1).on(0);
            long memory = program.anonymous(2 * HUGE);
            program.store(memory, 7);
            program.store(memory + 2 * P, 9);
            body.run(new Scene(sandbox, program, memory));
        });
    }

    /// A program has written a page, and two pages behind it another one.
    private static void run(Body body) {
        assertEquals(List.of(), found(Sandbox.huge(Thp.MADVISE), body));
        assertEquals(List.of(), found(Sandbox.ext4(), body));
    }

    private static void runWithTables(Body body) {
        assertEquals(List.of(), found(Sandbox.huge(Thp.MADVISE), body));
    }

    @Test
    void inATableThatIsTakenOutNothingIsFoundAndNothingChanges() {
        runWithTables(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            Folio folio = entry.folio();
            TlbGather tlb = new TlbGather(s.mm());
            s.pmd().detach();
            assertEquals(Pte.NONE, slot.read());
            assertFalse(slot.maps(folio));
            assertFalse(slot.isStill(entry));
            assertFalse(slot.replace(entry, entry.mkUffdWp()));
            assertEquals(Pte.NONE, slot.getAndClear(_ -> Pte.NONE, tlb));
            assertEquals(Pte.NONE, slot.share(true, tlb));
            assertTrue(slot.clearIf(_ -> true, _ -> Pte.NONE, tlb).isEmpty());
            assertEquals(PteSlot.Unmap.NOT_MAPPED, slot.unmap(folio, Pte.Migration::new, tlb));
            assertEquals(PteSlot.Unmap.NOT_MAPPED, slot.discard(folio, tlb));
            assertEquals(Pte.NONE, slot.modify(Pte.Present::mkUffdWp, tlb));
            slot.change(_ -> Pte.NONE, tlb);
            assertFalse(slot.cleanAndProtect(folio));
            assertFalse(slot.getFolio(entry));
            folio.moveTo(3);
            assertEquals(Optional.empty(), slot.unfindable());
            folio.moveTo(s.address() / P);
            assertEquals(entry, slot.inTable());
            assertEquals(1, folio.peekReferenceCount());
            tlb.finish();
            s.pmd().reattach();
            assertEquals(entry, slot.read());
            assertEquals(7, s.program().load(s.address()));
        });
    }

    @Test
    void whatIsInSwapOrBeingMovedStaysInATableThatIsTakenOut() {
        runWithTables(s -> {
            PteSlot slot = s.slot();
            Pte.Present was = s.present();
            TlbGather tlb = new TlbGather(s.mm());
            assertEquals(PteSlot.Unmap.DIRTY, slot.unmap(was.folio(), Pte.Migration::new, tlb));
            Pte.Migration moving = new Pte.Migration(was);
            tlb.finish();
            s.pmd().detach();
            assertFalse(slot.mapSwappedIn(moving, was));
            assertFalse(slot.shareMigration(moving, moving.shared(true), s.mm().slot(s.address() + HUGE), moving));
            assertEquals(moving, slot.inTable());
            assertEquals(1, was.folio().peekReferenceCount());
            s.pmd().reattach();
            assertTrue(slot.mapSwappedIn(moving, was));
            assertEquals(2, was.folio().peekReferenceCount());
            was.folio().putMapping();
        });
    }

    @Test
    void underAHugePageNothingIsPut() {
        runWithTables(s -> {
            long at = s.address() + HUGE;
            s.program().must("madvise", at, HUGE, Mman.MADV_HUGEPAGE);
            s.program().store(at + P, 3);
            PteSlot slot = s.mm().slot(at + P);
            Pte whole = slot.peek();
            assertTrue(slot.isHuge());
            Cell size = new Cell(s.mm(), 99, "size", "", P);
            assertEquals(Optional.of(Errno.EEXIST), slot.fill(Pte.Marker.POISONED, _ -> true));
            assertEquals(Optional.of(Errno.EEXIST), slot.fillBelow(size, 0, Pte.Marker.POISONED, _ -> true));
            assertEquals(Optional.of(Errno.EFAULT), slot.fillBelow(size, P, Pte.Marker.POISONED, _ -> true));
            assertFalse(slot.replace(Pte.NONE, Pte.Marker.POISONED));
            assertEquals(Pte.NONE, slot.inTable());
            assertEquals(whole, slot.read());
            assertTrue(slot.getFolio((Pte.Present) whole));
            assertEquals(2, ((Pte.Present) whole).folio().peekReferenceCount());
            ((Pte.Present) whole).folio().put();
        });
    }

    @Test
    void whereNoTableIsOneIsMadeForWhatIsPut() {
        runWithTables(s -> {
            PteSlot slot = s.mm().slot(s.address() + HUGE);
            Cell size = new Cell(s.mm(), 99, "size", "", P);
            assertEquals(Optional.empty(), slot.fillBelow(size, 0, Pte.Marker.POISONED, _ -> true));
            assertEquals(Pte.Marker.POISONED, slot.read());
            assertEquals(Optional.of(Errno.EEXIST), slot.fill(Pte.Marker.UFFD_WP, pte -> pte == Pte.NONE));
            s.program().must("munmap", s.address() + HUGE, HUGE);
            s.program().must("mmap", s.address() + HUGE, HUGE, Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            assertTrue(slot.replace(Pte.NONE, Pte.Marker.POISONED));
            slot.change(_ -> Pte.NONE, new TlbGather(s.mm()));
        });
    }

    @Test
    void aTableIsMadeForWhatIsFilledInUnlessItGoesAgainMeanwhile() {
        for (int steps = 0; steps <= 2; steps++) {
            TwoSwitches.once(steps, steps, order -> {
                Sandbox sandbox = Sandbox.huge(Thp.MADVISE);
                List<Scene> scenes = new ArrayList<>();
                List<Optional<Errno>> results = new ArrayList<>();
                assertEquals(List.of(), sandbox.runTogether(order, () -> {
                    Sandbox.Program program = sandbox.program(1);
                    scenes.add(new Scene(sandbox, program, program.anonymous(HUGE)));
                }, List.of(() -> results.add(scenes.getFirst().slot().fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE)),
                        () -> results.add(scenes.getFirst().pmd().freeTable() ? Optional.empty() : Optional.of(Errno.ENOENT))), () -> {
                    boolean filled = results.contains(Optional.of(Errno.ENOENT)); // then there was no empty table to free
                    assertEquals(filled ? Pte.Marker.POISONED : Pte.NONE, scenes.getFirst().slot().peek(), order.toString());
                    assertEquals(filled ? Pte.Marker.POISONED : Pte.NONE, scenes.getFirst().slot().inTable(), order.toString());
                    assertEquals(!filled, results.contains(Optional.of(Errno.EAGAIN)), order.toString());
                }));
            });
        }
    }

    @Test
    void anEntryThatIsAnotherByNowStays() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            Pte.Present other = entry.without(Pte.Present.DIRTY);
            Folio stranger = ((Pte.Present) s.slot(2 * P).peek()).folio();
            TlbGather tlb = new TlbGather(s.mm());
            assertFalse(slot.replace(other, Pte.NONE));
            assertFalse(slot.getFolio(other));
            assertFalse(slot.mapSwappedIn(new Pte.Swap(SWAP, true, false), entry));
            assertEquals(PteSlot.Unmap.NOT_MAPPED, slot.unmap(stranger, Pte.Migration::new, tlb));
            assertEquals(PteSlot.Unmap.NOT_MAPPED, slot.discard(stranger, tlb));
            assertFalse(slot.cleanAndProtect(stranger));
            assertFalse(slot.maps(stranger));
            assertTrue(slot.maps(entry.folio()));
            assertTrue(slot.clearIf(pte -> pte == Pte.NONE, _ -> Pte.NONE, tlb).isEmpty());
            tlb.finish();
            assertEquals(entry, slot.peek());
            assertTrue(s.isHeld(slot));
            PteSlot empty = s.slot(P);
            assertEquals(PteSlot.Unmap.NOT_MAPPED, empty.unmap(stranger, Pte.Migration::new, tlb));
            assertEquals(PteSlot.Unmap.NOT_MAPPED, empty.discard(stranger, tlb));
            assertEquals(Pte.NONE, empty.modify(Pte.Present::mkUffdWp, tlb));
            assertEquals(Pte.NONE, empty.share(true, tlb));
            assertFalse(empty.maps(stranger));
            assertFalse(empty.cleanAndProtect(stranger));
        });
    }

    @Test
    void processorsForgetWhatIsReplacedByAnotherPageAndKeepWhatMapsTheSame() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            assertTrue(s.isHeld(slot));
            Pte.Present clean = entry.without(Pte.Present.DIRTY);
            assertTrue(slot.replace(entry, clean));
            assertTrue(s.isHeld(slot));
            assertEquals(7, s.program().load(s.address()));
            Pte.Present zeroes = Pte.zeroPage(s.program().gup() == null ? entry.folio() : zeroPage(s));
            assertTrue(slot.replace(clean, zeroes));
            assertFalse(s.isHeld(slot));
            assertEquals(0, s.program().load(s.address()));
            assertTrue(slot.replace(zeroes, Pte.NONE));
            assertFalse(s.isHeld(slot));
            assertTrue(slot.replace(Pte.NONE, entry));
            assertFalse(s.isHeld(slot));
            assertEquals(7, s.program().load(s.address()));
        });
    }

    private static Folio zeroPage(Scene s) {
        s.program().load(s.address() + 5 * P);
        return ((Pte.Present) s.slot(5 * P).peek()).folio();
    }

    @Test
    void whatPermitsLessIsFlushedLater() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            TlbGather tlb = new TlbGather(s.mm());
            assertEquals(entry, slot.modify(pte -> pte.without(Pte.Present.WRITE), tlb));
            assertTrue(s.isStale(slot));
            assertEquals(entry, slot.translation(1));
            tlb.finish();
            assertFalse(s.isStale(slot));
            assertFalse(s.isHeld(slot));
            slot.flush();
            TlbGather nothing = new TlbGather(s.mm());
            slot.modify(pte -> entry, nothing); // nobody holds it
            assertEquals(7, s.program().load(s.address()));
            nothing.finish();
            assertTrue(s.isHeld(slot));
            TlbGather last = new TlbGather(s.mm());
            assertEquals(Optional.of(entry), slot.clearIf(_ -> true, _ -> Pte.NONE, last));
            assertTrue(s.isStale(slot));
            last.finish();
            assertFalse(s.isStale(slot));
            assertTrue(slot.replace(Pte.NONE, entry));
        });
    }

    @Test
    void aPageThatMayBePinnedStaysWhereItIsThisEntrysAlone() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            Folio folio = entry.folio();
            assertTrue(folio.tryGrab(FolioHold.PIN));
            TlbGather tlb = new TlbGather(s.mm());
            assertEquals(PteSlot.Unmap.REFUSED, slot.unmap(folio, Pte.Migration::new, tlb));
            assertEquals(entry, slot.peek());
            Pte.Present shared = entry.without(Pte.Present.ANON_EXCLUSIVE | Pte.Present.WRITE);
            slot.modify(_ -> shared, tlb);
            assertEquals(PteSlot.Unmap.DIRTY, slot.unmap(folio, Pte.Migration::new, tlb));
            assertEquals(new Pte.Migration(shared), slot.peek());
            assertTrue(slot.mapSwappedIn(slot.peek(), shared.without(Pte.Present.DIRTY)));
            assertEquals(PteSlot.Unmap.CLEAN, slot.unmap(folio, Pte.Migration::new, tlb));
            assertEquals(new Pte.Migration(shared.without(Pte.Present.DIRTY)), slot.peek());
            assertTrue(slot.mapSwappedIn(slot.peek(), entry));
            folio.putMappings(2);
            FolioHold.PIN.release(folio);
            assertEquals(PteSlot.Unmap.DIRTY, slot.unmap(folio, present -> new Pte.Swap(SWAP, present.anonExclusive(), true), tlb));
            assertEquals(new Pte.Swap(SWAP, true, true), slot.peek());
            assertTrue(slot.mapSwappedIn(slot.peek(), entry.without(Pte.Present.DIRTY)));
            assertEquals(PteSlot.Unmap.CLEAN, slot.unmap(folio, Pte.Migration::new, tlb));
            assertTrue(slot.mapSwappedIn(slot.peek(), entry));
            folio.putMappings(2);
            tlb.finish();
            assertFalse(s.isHeld(slot));
            assertEquals(1, folio.readMappings());
        });
    }

    @Test
    void onlyWhatNobodyHasWrittenAndNobodyElseHoldsIsDiscarded() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            Pte.Present clean = entry.without(Pte.Present.DIRTY);
            Folio folio = entry.folio();
            TlbGather tlb = new TlbGather(s.mm());
            folio.get();
            assertEquals(PteSlot.Unmap.REFUSED, slot.discard(folio, tlb));
            slot.modify(_ -> clean, tlb);
            folio.flags().setBits(Folio.DIRTY);
            assertEquals(PteSlot.Unmap.REFUSED, slot.discard(folio, tlb));
            folio.flags().clearBits(Folio.DIRTY);
            folio.get();
            assertEquals(PteSlot.Unmap.REFUSED, slot.discard(folio, tlb));
            assertEquals(clean, slot.peek());
            folio.put();
            assertEquals(PteSlot.Unmap.CLEAN, slot.discard(folio, tlb));
            assertEquals(Pte.NONE, slot.peek());
            tlb.finish();
            folio.putMapping();
            folio.put();
        });
    }

    @Test
    void sharingTakesAReferenceUnlessNoPageIsThere() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            Folio folio = entry.folio();
            TlbGather tlb = new TlbGather(s.mm());
            assertEquals(entry, slot.share(false, tlb));
            assertEquals(entry, slot.peek());
            assertFalse(s.isStale(slot));
            assertEquals(2, folio.peekReferenceCount());
            assertEquals(2, folio.readMappings());
            Pte.Present shared = entry.without(Pte.Present.WRITE | Pte.Present.ANON_EXCLUSIVE);
            assertEquals(shared, slot.share(true, tlb));
            assertEquals(shared, slot.peek());
            assertTrue(s.isStale(slot));
            tlb.finish();
            assertEquals(3, folio.readMappings());
            folio.putMappings(2);
            Folio zero = zeroPage(s);
            PteSlot zeroes = s.slot(5 * P);
            int count = zero.peekReferenceCount();
            assertEquals(zeroes.peek(), zeroes.share(true, tlb));
            assertEquals(count, zero.peekReferenceCount());
        });
    }

    @Test
    void theCopyOfAnEntryIsOldWhereTheKernelMarksEntries() {
        assertEquals(List.of(), found(Sandbox.ext4(Architecture.ARM64), s -> {
            TlbGather tlb = new TlbGather(s.mm());
            Pte.Present entry = s.present();
            assertEquals(entry.with(Pte.Present.OLD), s.slot().share(false, tlb));
            assertEquals(entry, s.slot().peek());
            s.folio().putMapping();
        }));
    }

    @Test
    void whatIsWrittenOutIsCleanAndProtected() {
        assertEquals(List.of(), found(Sandbox.ext4().file("/mnt/f", P, 'a'), s -> {
            long p = s.program().shared(s.program().open("/mnt/f", 0), P);
            s.program().store(p, 'b');
            PteSlot slot = s.mm().slot(p);
            Pte.Present dirty = (Pte.Present) slot.peek();
            TlbGather tlb = new TlbGather(s.mm());
            for (int bits : new int[] {Pte.Present.WRITE | Pte.Present.DIRTY, Pte.Present.WRITE, Pte.Present.DIRTY}) {
                slot.modify(pte -> pte.wrProtectClean().with(bits), tlb);
                tlb.finish();
                s.program().load(p);
                assertEquals((bits & Pte.Present.DIRTY) != 0, slot.cleanAndProtect(dirty.folio()));
                assertEquals(dirty.wrProtectClean(), slot.peek());
                assertFalse(s.isHeld(slot));
            }
            s.program().load(p);
            assertFalse(slot.cleanAndProtect(dirty.folio()));
            assertTrue(s.isHeld(slot)); // there was nothing to do
            slot.modify(_ -> dirty, tlb);
            tlb.finish();
        }));
    }

    @Test
    void aMovingPagesEntryIsChangedAsItWillBe() {
        run(s -> {
            PteSlot slot = s.slot();
            Pte.Present entry = s.present();
            TlbGather tlb = new TlbGather(s.mm());
            slot.unmap(entry.folio(), Pte.Migration::new, tlb);
            Pte.Migration moving = new Pte.Migration(entry);
            assertEquals(moving, slot.modify(pte -> pte.without(Pte.Present.WRITE), tlb));
            Pte.Present readOnly = entry.without(Pte.Present.WRITE);
            assertEquals(new Pte.Migration(readOnly), slot.peek());
            assertFalse(slot.shareMigration(moving, moving, s.slot(P), moving));
            assertEquals(Pte.NONE, s.slot(P).peek());
            Pte.Migration is = new Pte.Migration(readOnly);
            PteSlot far = s.mm().slot(s.address() + HUGE);
            assertTrue(slot.shareMigration(is, is.shared(true), far, is));
            assertEquals(is.shared(true), slot.peek());
            assertEquals(is, far.peek());
            assertTrue(is.shared(false) == is);
            assertEquals(readOnly.without(Pte.Present.ANON_EXCLUSIVE), is.shared(true).was());
            far.change(_ -> Pte.NONE, tlb);
            assertTrue(slot.mapSwappedIn(is.shared(true), entry));
            entry.folio().putMapping();
            tlb.finish();
        });
    }

    @Test
    void aPageThatIsMappedWhereNobodyLooksForItIsAMistake() {
        List<Finding> found = found(Sandbox.ext4(), s -> {
            assertEquals(Optional.empty(), s.slot().unfindable());
            s.folio().moveTo(3);
            assertEquals(Optional.of(s.folio()), s.slot().unfindable());
            assertEquals(List.of(s.folio()), s.mm().unfindable());
            assertEquals(Optional.empty(), s.slot(P).unfindable());
            s.folio().moveTo(s.address() / P);
            for (long zero : List.of(5 * P, 6 * P)) {
                s.program().load(s.address() + zero);
                assertEquals(Optional.empty(), s.slot(zero).unfindable());
            }
            s.slot(P).fill(s.present(), pte -> pte == Pte.NONE);
        });
        assertEquals(List.of(Kind.BUG), found.stream().map(Finding::kind).toList());
    }

    @Test
    void placesInWhichSomethingWasAreKnown() {
        run(s -> {
            assertEquals(2, s.mm().slots().size());
            PteSlot slot = s.slot(3 * P);
            assertTrue(slot.replace(Pte.NONE, Pte.NONE));
            assertEquals(2, s.mm().slots().size());
            assertTrue(slot.replace(Pte.NONE, Pte.Marker.POISONED));
            assertEquals(List.of(s.slot(), s.slot(2 * P), slot), s.mm().slots());
            assertTrue(slot.replace(Pte.Marker.POISONED, Pte.NONE));
            assertEquals(3, s.mm().slots().size());
        });
    }

    @Test
    void aDirectReadGoesToThePageThatTheEntryMaps() {
        assertEquals(List.of(), found(Sandbox.huge(Thp.MADVISE).file("/mnt/f", P, 'f'), s -> {
            assertEquals(512, s.program().must("pread", s.program().open("/mnt/f", Fcntl.O_DIRECT), s.address(), 512, 0));
            assertEquals('f', s.program().load(s.address()));
            assertTrue(s.present().dirty());
        }));
    }
}
