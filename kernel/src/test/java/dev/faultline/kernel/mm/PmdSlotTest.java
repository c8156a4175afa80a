package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// One entry of the middle level: what each step makes of it, of the references of the huge page, and of what processors hold.
class PmdSlotTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;

    /// A program with a huge page, and 2 MiB behind it with small pages, at the first place and at the third.
    private record Scene(Sandbox.Program program, long address) {
        Mm mm() {
            return program.mm();
        }

        PmdSlot huge() {
            return mm().pmd(address).orElseThrow();
        }

        PmdSlot small() {
            return mm().pmd(address + HUGE).orElseThrow();
        }

        /// {@return an entry in which nothing is}
        PmdSlot none() {
            return mm().pmd(address + 2 * HUGE).orElseThrow();
        }

        PteSlot slot(long offset) {
            return mm().slot(address + offset);
        }

        Pte.Present first() {
            return assertInstanceOf(Pmd.Huge.class, huge().now()).first();
        }

        Folio head() {
            return first().folio();
        }

        Folio head(PteSlot slot) {
            return slot.presentInTable().folio().head();
        }

        TlbGather tlb() {
            return new TlbGather(mm());
        }

        boolean isHeld() {
            return huge().translations().hash() != 0;
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(Architecture architecture, Body body) {
        Sandbox sandbox = Sandbox.huge(Thp.MADVISE, architecture);
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1).on(0);
            long p = program.anonymous(3 * HUGE);
            program.must("madvise", p, HUGE, Mman.MADV_HUGEPAGE);
            program.store(p + 3 * P, 7);
            program.load(p);
            program.store(p + HUGE, 8);
            program.store(p + HUGE + 2 * P, 9);
            body.run(new Scene(program, p));
        }));
    }

    private static void run(Body body) {
        run(Architecture.X86_64, body);
    }

    @Test
    void aHugePageIsReplacedIfItIsMappedAsExpected() {
        run(s -> {
            Pte.Present first = s.first();
            Pte.Present clean = first.without(Pte.Present.DIRTY);
            assertFalse(s.huge().replace(clean, first));
            assertFalse(s.small().replace(first, clean));
            assertFalse(s.none().replace(first, clean));
            assertFalse(s.huge().isStill(clean));
            assertFalse(s.small().isStill(first));
            assertTrue(s.isHeld());
            assertTrue(s.huge().replace(first, clean));
            assertTrue(s.isHeld()); // the same page
            assertEquals(clean, s.first());
            Folio other = new PhysicalMemory(s.mm().machine()).allocateHuge("huge anonymous").orElseThrow();
            assertTrue(s.huge().replace(clean, Pte.anonymous(other, true)));
            assertFalse(s.isHeld());
            assertEquals(0, s.program().load(s.address() + 3 * P));
            assertTrue(s.huge().replace(Pte.anonymous(other, true), first));
            assertEquals(7, s.program().load(s.address() + 3 * P));
            assertFalse(s.huge().set(first));
            assertFalse(s.small().set(first));
        });
    }

    @Test
    void aReferenceIsTakenToWhatIsMappedAsExpected() {
        run(s -> {
            Pte.Present first = s.first();
            assertFalse(s.huge().getFolio(first.without(Pte.Present.DIRTY)));
            assertFalse(s.small().getFolio(first));
            assertEquals(1, s.head().peekReferenceCount());
            assertTrue(s.huge().getFolio(first));
            assertEquals(2, s.head().peekReferenceCount());
            s.head().put();
        });
    }

    @Test
    void whatPermitsLessIsFlushedLater() {
        run(s -> {
            Pte.Present first = s.first();
            TlbGather tlb = s.tlb();
            s.huge().modify(entry -> entry.without(Pte.Present.WRITE), tlb);
            assertEquals(first, s.slot(0).translation(1));
            tlb.finish();
            assertEquals(s.first(), s.slot(0).translation(1));
            assertFalse(s.isHeld());
            TlbGather nothing = s.tlb();
            s.huge().modify(_ -> first, nothing); // nobody holds it
            s.program().load(s.address());
            nothing.finish();
            assertTrue(s.isHeld());
            Pmd table = s.small().now();
            s.small().modify(_ -> first, nothing);
            assertEquals(table, s.small().now());
            assertEquals(Optional.empty(), s.small().clear(nothing));
            assertEquals(Optional.empty(), s.none().clear(nothing));
            assertEquals(table, s.small().now());
            TlbGather last = s.tlb();
            assertEquals(Optional.of(first), s.huge().clear(last));
            assertEquals(first, s.slot(0).translation(1));
            last.finish();
            assertEquals(Pte.NONE, s.slot(0).translation(1));
            assertTrue(s.huge().set(first));
        });
    }

    @Test
    void aSplitMapsEachPageByItself() {
        run(s -> {
            Pte.Present first = s.first();
            Folio head = s.head();
            Pmd table = s.small().now();
            assertTrue(s.huge().mapsPartOf(head));
            assertFalse(s.huge().mapsPartOf(s.slot(HUGE).presentInTable().folio()));
            s.small().split();
            assertEquals(table, s.small().now());
            s.none().split();
            assertEquals(Pmd.NONE, s.none().now());
            s.huge().split();
            assertFalse(s.isHeld());
            assertEquals(512, head.peekReferenceCount());
            assertEquals(512, head.readMappings());
            for (int i : new int[] {0, 3, 511}) {
                assertEquals(new Pte.Present(head.page(i), first.bits()), s.slot(i * P).peek());
            }
            assertTrue(s.huge().mapsPartOf(head));
            assertFalse(s.small().mapsPartOf(head));
            assertFalse(s.none().mapsPartOf(head));
            s.program().must("madvise", s.address(), HUGE - P, Mman.MADV_DONTNEED);
            assertTrue(s.huge().mapsPartOf(head));
        });
    }

    @Test
    void theHugePageOfZeroesHasNoReferencesToCount() {
        run(s -> {
            s.program().must("madvise", s.address() + 2 * HUGE, HUGE, Mman.MADV_HUGEPAGE);
            assertEquals(0, s.program().load(s.address() + 2 * HUGE));
            Folio zero = assertInstanceOf(Pmd.Huge.class, s.none().now()).first().folio();
            int count = zero.peekReferenceCount();
            assertTrue(zero.isZeroPage());
            Sandbox.Program child = s.program().fork();
            assertEquals(count, zero.peekReferenceCount());
            s.none().split();
            assertEquals(count, zero.peekReferenceCount());
            assertEquals(0, s.program().load(s.address() + 2 * HUGE + 5 * P));
            child.exit(0);
        });
    }

    @Test
    void aCopyIsReadOnlyOnBothSidesAndCounted() {
        for (Architecture architecture : List.of(Architecture.X86_64, Architecture.ARM64)) {
            run(architecture, s -> {
                Pte.Present protectedFirst = s.first().mkUffdWp();
                TlbGather tlb = s.tlb();
                s.huge().modify(_ -> protectedFirst, tlb);
                tlb.finish();
                int old = architecture.marksEntries() ? 0 : Pte.Present.OLD;
                Mm copy = new Mm(s.mm().machine(), "copy", Parts.TODAY.with(Thp.PART, Thp.MADVISE).with(Architecture.PART, architecture), s.mm().swap());
                copy.insert(s.mm().areas().getLast());
                for (boolean kept : new boolean[] {true, false}) {
                    PmdSlot target = copy.pmd(s.address()).orElseThrow();
                    s.program().load(s.address());
                    TlbGather gather = s.tlb();
                    assertTrue(s.huge().share(target, kept, gather));
                    gather.finish();
                    assertEquals(protectedFirst.without(Pte.Present.ANON_EXCLUSIVE | Pte.Present.WRITE), s.first());
                    Pte.Present its = kept ? s.first() : s.first().without(Pte.Present.UFFD_WP);
                    assertEquals(new Pmd.Huge(its.with(old)), target.now());
                    assertEquals(2, s.head().peekReferenceCount());
                    assertEquals(2, s.head().readMappings());
                    target.clear(s.tlb());
                    s.head().putMapping();
                }
                PmdSlot target = copy.pmd(s.address()).orElseThrow();
                assertTrue(s.small().share(target, true, s.tlb()));
                assertTrue(s.none().share(target, true, s.tlb()));
                assertEquals(Pmd.NONE, target.now());
                assertTrue(s.head().tryGrab(FolioHold.PIN));
                assertTrue(s.huge().share(target, true, s.tlb())); // it was shared before
                target.clear(s.tlb());
                s.head().putMapping();
                s.huge().modify(first -> first.with(Pte.Present.ANON_EXCLUSIVE), s.tlb());
                assertFalse(s.huge().share(target, true, s.tlb()));
                assertEquals(Pmd.NONE, target.now());
                FolioHold.PIN.release(s.head());
                assertTrue(s.huge().share(target, true, s.tlb()));
                target.clear(s.tlb());
                s.head().putMapping();
            });
        }
    }

    @Test
    void aRunIsOfOneHugePageAndOfOneTable() {
        run(s -> {
            Folio head = s.head();
            s.huge().split();
            List<PteSlot> slots = new ArrayList<>(s.huge().entries(s.address(), s.address() + HUGE));
            assertEquals(512, slots.size());
            assertEquals(510, PteRun.from(slots, 2).size());
            List<PteSlot> small = s.small().entries(s.address() + HUGE, s.address() + 2 * HUGE);
            assertEquals(2, small.size());
            assertEquals(List.of(), PteRun.from(small, 0));
            slots.addAll(small);
            assertEquals(512, PteRun.from(slots, 0).size());
            assertEquals(512, PteRun.from(slots.subList(0, 512), 0).size());
            TlbGather tlb = s.tlb();
            PteRun run = new PteRun(s.huge(), slots.subList(0, 3));
            assertEquals(3, run.share(false, tlb).size());
            Pte.Present page = s.slot(0).presentInTable();
            assertTrue(page.writable());
            assertEquals(515, head.peekReferenceCount());
            assertTrue(head.tryGrab(FolioHold.PIN));
            assertEquals(List.of(), run.share(true, tlb));
            s.slot(0).change(_ -> page.without(Pte.Present.ANON_EXCLUSIVE), tlb);
            assertEquals(List.of(), run.share(true, tlb)); // one of the others is its entry's alone still
            FolioHold.PIN.release(head);
            assertTrue(s.slot(P).presentInTable().writable());
            List<Pte.Present> shared = run.share(true, tlb);
            assertFalse(s.slot(P).presentInTable().writable());
            assertFalse(s.slot(P).presentInTable().anonExclusive());
            assertEquals(List.of(s.slot(0).peek(), s.slot(P).peek(), s.slot(2 * P).peek()), shared);
            assertTrue(head.tryGrab(FolioHold.PIN));
            assertEquals(3, run.share(true, tlb).size());
            FolioHold.PIN.release(head);
            assertEquals(521, head.readMappings());
            head.putMappings(9);
            tlb.finish();
            PteRun.put(s.none(), s.address() + 2 * HUGE, List.of());
        });
        run(Architecture.ARM64, s -> {
            s.huge().split();
            List<PteSlot> slots = s.huge().entries(s.address(), s.address() + HUGE);
            List<Pte.Present> shared = new PteRun(s.huge(), slots.subList(0, 1)).share(false, s.tlb());
            assertEquals(List.of(s.slot(0).presentInTable().with(Pte.Present.OLD)), shared);
            slots.getFirst().presentInTable().folio().putMapping();
        });
    }

    /// Two places of two huge pages, one behind the other, and two of one huge page in two tables.
    @Test
    void aRunEndsWithItsHugePageAndWithItsTable() {
        run(s -> {
            s.program().must("madvise", s.address(), 3 * HUGE, Mman.MADV_HUGEPAGE);
            s.program().store(s.address() + 2 * HUGE, 1);
            s.huge().split();
            s.none().split();
            PteSlot last = s.slot(HUGE - P);
            assertEquals(List.of(last), PteRun.from(List.of(last, s.slot(2 * HUGE)), 0));
            assertEquals(List.of(last), PteRun.from(List.of(last, s.slot(HUGE)), 0));
            assertEquals(List.of(last), PteRun.from(List.of(last, s.slot(HUGE + P)), 0));
            long to = s.address() + 9 * HUGE - P;
            s.program().must("mremap", s.address(), 2 * P, 2 * P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, to);
            List<PteSlot> moved = List.of(s.mm().slot(to), s.mm().slot(to + P));
            assertEquals(s.head(moved.getFirst()), s.head(moved.getLast()));
            assertEquals(moved.subList(0, 1), PteRun.from(moved, 0));
        });
    }

    @Test
    void aHugePageMovesWithItsReverseMapAndProcessorsForgetIt() {
        run(s -> {
            Pte.Present first = s.first();
            Folio head = s.head();
            head.page(3);
            PmdMove move = new PmdMove(s.huge(), s.none());
            assertEquals(Optional.of(Errno.EAGAIN), move.page(first.mkUffdWp(), first));
            assertEquals(Optional.of(Errno.EAGAIN), new PmdMove(s.huge(), s.small()).page(first, first));
            assertTrue(head.tryGrab(FolioHold.PIN));
            assertEquals(Optional.of(Errno.EBUSY), move.page(first, first));
            FolioHold.PIN.release(head);
            assertTrue(s.isHeld());
            assertEquals(new Pmd.Huge(first), s.huge().now());
            assertEquals(Optional.empty(), move.page(first, first));
            assertFalse(s.isHeld());
            assertEquals(Pmd.NONE, s.huge().now());
            assertEquals(new Pmd.Huge(first), s.none().now());
            assertEquals((s.address() + 2 * HUGE) / P, head.anonIndex());
            assertEquals((s.address() + 2 * HUGE) / P + 3, head.page(3).anonIndex());
            assertEquals(7, s.program().load(s.address() + 2 * HUGE + 3 * P));
            assertEquals(Optional.of(Errno.EAGAIN), move.page(first, first));
            assertEquals(Optional.empty(), new PmdMove(s.none(), s.huge()).page(first, first));
            s.program().must("madvise", s.address() + 2 * HUGE, HUGE, Mman.MADV_HUGEPAGE);
            s.program().load(s.address() + 2 * HUGE);
            Pte.Present zero = assertInstanceOf(Pmd.Huge.class, s.none().now()).first();
            PmdSlot target = s.mm().pmd(s.program().anonymous(HUGE)).orElseThrow();
            assertEquals(Optional.empty(), new PmdMove(s.none(), target).page(zero, zero));
            assertEquals(new Pmd.Huge(zero), target.now());
            assertTrue(zero.folio().anonIndex() < 0);
        });
    }

    @Test
    void anOldKernelFlushesLaterWhatItMoves() {
        TlbFlush later = new TlbFlush() {
            @Override
            protected boolean flushesUnderTheLock(Pte moved) {
                return false;
            }
        };
        run(s -> {
            Parts parts = Parts.TODAY.with(Thp.PART, Thp.MADVISE).with(TlbFlush.PART, later);
            Mm old = new Mm(s.mm().machine(), "old", parts, s.mm().swap());
            PmdSlot from = old.pmd(0).orElseThrow();
            from.put(new Pmd.Huge(s.first()));
            from.translations().used(1);
            TlbGather tlb = new TlbGather(old);
            assertTrue(new PmdMove(from, old.pmd(HUGE).orElseThrow()).entry(tlb));
            assertEquals(s.first(), from.translation(1, 0, Pte.NONE));
            tlb.finish();
            assertEquals(0, from.translations().hash());
            PteSlot small = old.slot(4 * HUGE);
            old.pmd(4 * HUGE).orElseThrow().populate();
            small.put(Pte.zeroPage(s.head()));
            small.keep(1);
            new PteMove(small, old.slot(4 * HUGE + P)).entry(tlb);
            assertEquals(Pte.zeroPage(s.head()), small.translation(1));
        });
    }

    @Test
    void mremapTakesWhatItFindsIfNothingIsInTheWay() {
        run(s -> {
            Pte.Present first = s.first();
            TlbGather tlb = s.tlb();
            Pmd table = s.small().now();
            assertFalse(new PmdMove(s.huge(), s.small()).entry(tlb));
            assertEquals(table, s.small().now());
            assertTrue(new PmdMove(s.small(), s.none()).entry(tlb));
            assertEquals(table, s.small().now());
            assertEquals(Pmd.NONE, s.none().now());
            assertTrue(s.isHeld());
            assertTrue(new PmdMove(s.huge(), s.none()).entry(tlb));
            assertFalse(s.isHeld()); // who finds it in its new place may give the page back
            assertEquals(new Pmd.Huge(first), s.none().now());
            assertEquals(Pmd.NONE, s.huge().now());
            assertFalse(new PmdMove(s.small(), s.none()).entry(tlb));
            assertTrue(new PmdMove(s.none(), s.huge()).entry(tlb));
            tlb.finish();
        });
    }

    @Test
    void partsAreReplacedByMigrationEntriesAndComeBack() {
        run(s -> {
            Folio head = s.head();
            TlbGather tlb = s.tlb();
            assertEquals(new TreeMap<>(), s.huge().tryToMigrate(head, tlb)); // it is mapped as a whole
            s.huge().removeMigrationEntries(head, part -> part);
            assertEquals(head, s.head());
            s.huge().split();
            s.program().must("madvise", s.address() + 4 * P, HUGE - 4 * P, Mman.MADV_DONTNEED);
            s.program().store(s.address() + 5 * P, 5);
            s.program().load(s.address());
            Pte small = s.slot(5 * P).peek();
            assertEquals(List.of(0, 1, 2, 3), List.copyOf(s.huge().tryToMigrate(head, tlb).keySet()));
            assertInstanceOf(Pte.Migration.class, s.slot(3 * P).peek());
            assertEquals(small, s.slot(5 * P).peek());
            assertTrue(s.huge().mapsPartOf(head));
            assertFalse(s.huge().mapsPartOf(s.slot(HUGE).presentInTable().folio()));
            assertTrue(s.small().mapsPartOf(s.slot(HUGE).presentInTable().folio()));
            assertInstanceOf(Pte.Present.class, s.slot(0).translation(1));
            tlb.finish();
            assertInstanceOf(Pte.Migration.class, s.slot(0).translation(1));
            s.huge().removeMigrationEntries(s.slot(HUGE).presentInTable().folio(), part -> part);
            assertInstanceOf(Pte.Migration.class, s.slot(3 * P).peek());
            Folio stranger = s.slot(HUGE).presentInTable().folio();
            assertEquals(new TreeMap<>(), s.small().tryToMigrate(head, tlb));
            TlbGather other = s.tlb();
            s.slot(HUGE).unmap(stranger, Pte.Migration::new, other);
            assertTrue(s.small().mapsPartOf(stranger));
            assertFalse(s.small().mapsPartOf(head));
            s.small().removeMigrationEntries(head, part -> part);
            assertInstanceOf(Pte.Migration.class, s.slot(HUGE).peek());
            s.small().detach();
            s.small().removeMigrationEntries(stranger, part -> part);
            s.small().reattach();
            assertInstanceOf(Pte.Migration.class, s.slot(HUGE).peek());
            s.small().removeMigrationEntries(stranger, part -> part);
            assertEquals(stranger, s.slot(HUGE).presentInTable().folio());
            other.finish();
            s.huge().removeMigrationEntries(head, part -> part);
            assertEquals(7, s.program().load(s.address() + 3 * P));
        });
    }

    @Test
    void onlyATableInWhichNothingIsIsFreed() {
        run(s -> {
            Pmd.Table table = assertInstanceOf(Pmd.Table.class, s.small().read());
            Pte.Present page = s.slot(HUGE).presentInTable();
            assertFalse(s.small().freeTable());
            assertFalse(s.none().freeTable());
            assertFalse(s.huge().freeTable());
            assertTrue(s.huge().isHuge());
            assertEquals(page, s.slot(HUGE).read(table));
            s.program().must("madvise", s.address() + HUGE + 2 * P, P, Mman.MADV_DONTNEED);
            assertFalse(s.small().freeTable());
            TlbGather tlb = s.tlb();
            s.slot(HUGE).change(_ -> Pte.NONE, tlb);
            assertTrue(s.small().freeTable());
            assertEquals(Pmd.NONE, s.small().now());
            assertEquals(Pte.NONE, s.slot(HUGE).read(table));
            s.small().populate();
            s.slot(HUGE).change(_ -> page, tlb);
            assertEquals(page, s.slot(HUGE).read());
            assertEquals(Pte.NONE, s.slot(HUGE).read(table)); // that is another table by now
            s.small().populate();
            assertEquals(page, s.slot(HUGE).read());
            tlb.finish();
        });
    }

    @Test
    void aTableThatIsTakenOutIsKeptAndProcessorsForgetWhatIsInIt() {
        run(s -> {
            s.program().load(s.address() + HUGE);
            Pte page = s.slot(HUGE).peek();
            s.slot(HUGE + 4 * P).fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE);
            s.slot(HUGE + 4 * P).change(_ -> Pte.NONE, s.tlb());
            s.small().detach();
            assertEquals(List.of(), s.small().entries(s.address() + HUGE, s.address() + 2 * HUGE));
            assertEquals(List.of(s.slot(HUGE), s.slot(HUGE + 2 * P)), s.small().detached());
            assertEquals(page, s.slot(HUGE).translation(1));
            s.small().flush();
            assertEquals(Pte.NONE, s.slot(HUGE).translation(1));
            assertEquals(List.of(), s.small().clearTable(s.address() + HUGE, s.address() + 2 * HUGE, _ -> Pte.NONE, s.tlb()));
            assertEquals(new TreeMap<>(), s.small().tryToMigrate(((Pte.Present) page).folio(), s.tlb()));
            s.small().reattach();
            assertEquals(List.of(s.slot(HUGE), s.slot(HUGE + 2 * P)), s.small().entries(s.address() + HUGE, s.address() + 2 * HUGE));
            assertEquals(List.of(s.slot(HUGE)), s.small().entries(s.address() + HUGE, s.address() + HUGE + 2 * P));
            assertEquals(List.of(), s.huge().entries(s.address(), s.address() + HUGE));
            s.program().load(s.address() + HUGE);
            s.small().flush(); // what is in the table is no matter of the entry above it
            assertTrue(s.slot(HUGE).translations().hash() != 0);
            s.small().detach();
            s.slot(HUGE).clearDetached();
            assertEquals(List.of(s.slot(HUGE + 2 * P)), s.small().detached());
            s.small().reattach();
            s.slot(HUGE).fill(page, pte -> pte == Pte.NONE);
            s.slot(HUGE).flush();
        });
    }

    @Test
    void aRangeOfATableIsEmptiedAndFlushedLater() {
        run(s -> {
            s.program().load(s.address() + HUGE);
            Pte page = s.slot(HUGE).peek();
            TlbGather tlb = s.tlb();
            assertEquals(List.of(), s.huge().clearTable(s.address(), s.address() + HUGE, _ -> Pte.NONE, tlb));
            assertTrue(s.huge().isHuge());
            assertEquals(List.of(), s.small().clearTable(s.address() + HUGE + P, s.address() + HUGE + 2 * P, _ -> Pte.Marker.UFFD_WP, tlb));
            s.slot(HUGE + P).fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE);
            s.slot(HUGE + P).change(_ -> Pte.NONE, tlb);
            assertEquals(List.of(page), s.small().clearTable(s.address() + HUGE, s.address() + HUGE + 2 * P, _ -> Pte.Marker.UFFD_WP, tlb));
            assertEquals(Pte.NONE, s.slot(HUGE + P).peek()); // nothing stays where nothing was
            assertEquals(Pte.Marker.UFFD_WP, s.slot(HUGE).peek());
            assertEquals(page, s.slot(HUGE).translation(1));
            tlb.finish();
            assertEquals(Pte.Marker.UFFD_WP, s.slot(HUGE).translation(1));
            s.slot(HUGE).change(_ -> page, tlb);
        });
    }
}
