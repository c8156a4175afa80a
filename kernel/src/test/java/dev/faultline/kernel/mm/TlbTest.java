package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.EveryOrder;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What processors hold of page-table entries, and what they make of it.
class TlbTest {
    private static final long P = 4096;
    private static final long HUGE = 512 * P;

    /// A program on two processors, with a page that each of them holds.
    private record Scene(Sandbox sandbox, Sandbox.Program one, Sandbox.Program other, long address) {
        PteSlot slot() {
            return one.mm().slot(address);
        }

        Pte.Present entry() {
            return assertInstanceOf(Pte.Present.class, slot().peek());
        }

        /// The entry comes to be another one, of which processors are told later.
        void change(Pte entry, TlbGather tlb) {
            slot().change(_ -> entry, tlb);
        }

        TlbGather tlb() {
            return new TlbGather(one.mm());
        }

        boolean reads(Sandbox.Program program) {
            program.access();
            return slot().mmu().access(false, 0, 8) != Mmu.FAULT;
        }

        boolean writes(Sandbox.Program program) {
            program.access();
            return slot().mmu().access(true, 0, 8) != Mmu.FAULT;
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(Sandbox sandbox, Body body) {
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.anonymous(2 * HUGE);
            program.must("madvise", p + HUGE, HUGE, Mman.MADV_HUGEPAGE);
            program.store(p, 7);
            program.store(p + HUGE, 8);
            for (long address : List.of(p, p + HUGE)) {
                Scene s = new Scene(sandbox, program.on(0), program.on(1), address);
                s.one().load(address);
                s.other().load(address);
                body.run(s);
            }
        }));
    }

    private static void run(Body body) {
        run(Sandbox.ext4(), body);
    }

    @Test
    void aProcessorGoesByWhatItHoldsUntilItIsToldOrMeetsAFault() {
        run(s -> {
            Pte.Present entry = s.entry();
            TlbGather tlb = s.tlb();
            s.change(Pte.NONE, tlb);
            assertTrue(s.reads(s.one()));
            assertTrue(s.writes(s.other())); // it holds a dirty one
            assertFalse(s.reads(s.one().on(2)));
            tlb.finish();
            assertFalse(s.reads(s.one()));
            assertFalse(s.writes(s.other()));
            s.change(entry, tlb);
            assertTrue(s.reads(s.one()));
        });
    }

    @Test
    void whoMeetsAFaultLooksAtThePageTableNextTime() {
        run(s -> {
            Pte.Present entry = s.entry();
            TlbGather tlb = s.tlb();
            s.change(entry.without(Pte.Present.WRITE), tlb);
            tlb.finish();
            assertTrue(s.reads(s.one()));
            assertTrue(s.reads(s.other()));
            TlbGather later = s.tlb();
            s.change(entry, later);
            assertFalse(s.writes(s.one()));
            assertTrue(s.writes(s.one()));
            assertFalse(s.writes(s.other()));
            assertTrue(s.writes(s.other()));
            later.finish();
        });
    }

    @Test
    void whatWasUsedThoughItIsStaleIsNotHeldAnew() {
        run(s -> {
            Pte.Present entry = s.entry();
            s.slot().flush();
            assertTrue(s.reads(s.one()));
            TlbGather tlb = s.tlb();
            s.change(entry.without(Pte.Present.WRITE), tlb);
            assertTrue(s.reads(s.one()));
            assertFalse(s.slot().translations().outdated(s.slot().peek()));
            tlb.finish();
            s.change(entry, s.tlb());
        });
    }

    @Test
    void anAccessNeedsPermissionAndAMark() {
        for (Architecture architecture : List.of(Architecture.X86_64, Architecture.ARM64)) {
            boolean marks = architecture.marksEntries();
            run(Sandbox.ext4(architecture), s -> {
                Pte.Present entry = s.entry().with(Pte.Present.DIRTY);
                s.change(entry, s.tlb());
                s.slot().flush();
                s.change(entry.without(Pte.Present.DIRTY), s.tlb());
                assertTrue(s.reads(s.one()));
                assertEquals(marks, s.writes(s.one()));
                assertEquals(marks, s.entry().dirty());
                s.slot().flush();
                s.change(entry, s.tlb());
                assertTrue(s.writes(s.one()));
                s.slot().flush();
                s.change(entry.with(Pte.Present.OLD), s.tlb());
                assertFalse(s.reads(s.one()));
                assertFalse(s.writes(s.one()));
                s.change(entry.with(Pte.Present.PROT_NONE), s.tlb());
                assertFalse(s.reads(s.one()));
                s.change(entry.without(Pte.Present.WRITE), s.tlb());
                assertTrue(s.reads(s.one()));
                assertFalse(s.writes(s.one()));
                s.slot().flush();
                s.change(Pte.Marker.POISONED, s.tlb());
                assertFalse(s.reads(s.one()));
                s.change(entry, s.tlb());
            });
        }
    }

    /// Where the processor would mark the entry dirty that it holds, it sees that this is the entry no longer.
    @Test
    void aStaleEntryIsNotMarked() {
        run(s -> {
            Pte.Present entry = s.entry();
            s.slot().flush();
            s.change(entry.without(Pte.Present.DIRTY), s.tlb());
            assertTrue(s.reads(s.one()));
            TlbGather tlb = s.tlb();
            s.change(entry.without(Pte.Present.DIRTY).mkUffdWp(), tlb);
            assertFalse(s.writes(s.one()));
            assertFalse(s.entry().dirty());
            tlb.finish();
            s.change(entry, s.tlb());
        });
    }

    @Test
    void theHugeEntryIsHeldAndMarkedAsAWhole() {
        run(Sandbox.huge(Thp.MADVISE), s -> {
            PmdSlot pmd = s.one().mm().pmd(s.address()).orElseThrow();
            if (pmd.isHuge()) {
                TlbGather tlb = s.tlb();
                pmd.modify(entry -> entry.without(Pte.Present.DIRTY), tlb);
                tlb.finish();
                assertTrue(s.writes(s.one()));
                assertTrue(s.entry().dirty());
                assertTrue(((Pte.Present) s.one().mm().slot(s.address() + P).peek()).dirty());
                assertTrue(s.reads(s.one()));
                TlbGather later = s.tlb();
                pmd.modify(entry -> entry.without(Pte.Present.WRITE), later);
                assertTrue(s.writes(s.one()));
                s.one().access();
                assertNotSame(Mmu.FAULT, s.one().mm().slot(s.address() + P).mmu().access(true, 0, 8));
                assertFalse(s.writes(s.other()));
                pmd.modify(entry -> entry.with(Pte.Present.PROT_NONE), later);
                assertTrue(s.reads(s.one()));
                s.slot().forget(1);
                assertFalse(s.reads(s.one()));
                later.finish();
                assertEquals(0, pmd.translations().hash());
                pmd.modify(entry -> entry.without(Pte.Present.PROT_NONE).with(Pte.Present.WRITE), later);
            }
        });
    }

    private static String stateAfter(Body body) {
        List<String> states = new ArrayList<>();
        run(s -> {
            s.slot().flush();
            s.sandbox().machine().stateKey(); // what has changed by now is in it
            body.run(s);
            states.add(s.sandbox().machine().stateKey().toString());
        });
        return states.getLast();
    }

    @Test
    void whatIsHeldAndWhatIsWrittenBelongsToTheState() {
        assertEquals(stateAfter(s -> s.reads(s.one())), stateAfter(s -> s.reads(s.one())));
        assertNotEquals(stateAfter(s -> s.reads(s.one())), stateAfter(s -> s.reads(s.other())));
        assertNotEquals(stateAfter(s -> s.one().store(s.address(), 1)), stateAfter(s -> s.one().store(s.address(), 2)));
    }

    /// Two tasks, each of which makes an access to a page, through an entry with these bits.
    ///
    /// @return how many orders there are that differ
    private static int orders(int bits, boolean firstWrites, boolean secondWrites, int secondOffset) {
        EveryOrder orders = new EveryOrder(machine -> {
            Memory memory = new Memory(machine, new PhysicalMemory(machine), WpReuse.REFERENCED_ONCE);
            Mm mm = new Mm(machine, "program", Parts.TODAY, memory.swap());
            PteSlot slot = mm.slot(HUGE);
            slot.put(new Pte.Present(memory.physical().allocate("anonymous"), bits));
            List<String> seen = new ArrayList<>();
            return new EveryOrder.World(List.of(() -> access(mm, 0, firstWrites, 0), () -> access(mm, 1, secondWrites, secondOffset)),
                    seen::toString);
        });
        assertEquals(List.of(), orders.all().wrong());
        return orders.reduced().executions() - 2; // the others are those of all()
    }

    private static void access(Mm mm, int processor, boolean write, int offset) {
        mm.machine().current().setContext(new TaskStruct(mm, processor));
        Content bytes = mm.slot(HUGE).mmu().access(write, offset, 8);
        if (write && bytes != Mmu.FAULT) {
            bytes.fill(offset, 8, (byte) processor);
        }
    }

    @Test
    void accessesThatDoNotMeetCommute() {
        int own = Pte.Present.ANON_EXCLUSIVE | Pte.Present.WRITE;
        int written = own | Pte.Present.DIRTY;
        assertEquals(1, orders(written, false, false, 0));
        assertEquals(2, orders(written, true, false, 0));
        assertEquals(2, orders(written, true, true, 0));
        assertEquals(1, orders(written, true, true, 64));
        assertEquals(2, orders(own, true, true, 64)); // one of them marks the entry
        assertEquals(2, orders(own, true, false, 64));
        assertEquals(1, orders(own, false, false, 0));
        assertEquals(1, orders(Pte.Present.ANON_EXCLUSIVE, true, false, 0)); // a fault touches no bytes
    }

    @Test
    void translationsGoStaleProcessorByProcessor() {
        run(s -> {
            Pte.Present old = s.entry();
            Pte.Present now = old.mkUffdWp();
            Translations held = new Translations();
            assertFalse(held.outdated(old));
            assertTrue(held.used(1));
            assertFalse(held.used(1));
            assertTrue(held.used(2));
            assertTrue(held.outdated(old));
            assertSame(old, held.of(1, now));
            assertSame(old, held.of(2, now));
            assertSame(now, held.of(4, now));
            held.forget(1);
            assertSame(now, held.of(1, now));
            assertSame(old, held.of(2, now));
            held.forget(2);
            assertEquals(0, held.hash());
            held.used(1);
            assertFalse(held.outdated(Pte.NONE)); // a place in which nothing is that a processor could hold
            assertEquals(0, held.hash());
            held.used(1);
            held.outdated(old);
            held.used(2);
            assertTrue(held.outdated(now));
            assertSame(old, held.of(1, Pte.NONE));
            assertSame(now, held.of(2, Pte.NONE));
            held.flush();
            assertEquals(0, held.hash());
        });
    }

    @Test
    void pagesAreGivenBackWhenProcessorsHaveBeenToldAndLeaveTheSwapCache() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'a');
        sandbox.swapOn(2);
        run(sandbox, s -> {
            s.one().must("madvise", s.address(), P, Mman.MADV_PAGEOUT);
            s.one().load(s.address());
            Swap swap = s.one().mm().swap();
            assertEquals(1, swap.device().slotsInUse());
            s.one().must("munmap", s.address(), P);
            assertEquals(0, swap.device().slotsInUse());
            s.one().must("mmap", s.address(), P, Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            int before = s.one().pagesInUse();
            s.one().store(s.address(), 1);
            s.one().must("madvise", s.address(), P, Mman.MADV_DONTNEED);
            assertEquals(before, s.one().pagesInUse());
            long file = s.one().shared(s.one().open("/mnt/f", 0), P);
            assertEquals('a', s.one().load(file));
            Folio page = ((Pte.Present) s.one().mm().slot(file).peek()).folio();
            int count = page.peekReferenceCount();
            s.one().must("munmap", file, P);
            assertEquals(count - 1, page.peekReferenceCount());
        });
    }

    @Test
    void theReferencesOfAHugePageAreGivenBackTogether() {
        run(Sandbox.huge(Thp.MADVISE), s -> {
            PmdSlot pmd = s.one().mm().pmd(s.address()).orElseThrow();
            if (pmd.isHuge()) {
                Folio head = s.entry().folio();
                head.get();
                pmd.split();
                assertEquals(513, head.peekReferenceCount());
                s.one().must("madvise", s.address() + P, 2 * P, Mman.MADV_DONTNEED);
                assertEquals(511, head.peekReferenceCount());
                assertEquals(510, head.readMappings());
                s.one().must("madvise", s.address(), HUGE, Mman.MADV_DONTNEED);
                assertEquals(1, head.peekReferenceCount());
                assertEquals(0, head.readMappings());
                head.put();
            }
        });
    }
}
