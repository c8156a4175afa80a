package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.EveryOrder;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Page frames: their bytes, their references, and what of them belongs to the state.
class FolioTest {
    private static final int SIZE = Content.SIZE;

    private interface Body {
        void run(PhysicalMemory memory);
    }

    private static List<Finding> found(Body body) {
        Sandbox sandbox = Sandbox.ext4();
        return sandbox.run(() -> body.run(new PhysicalMemory(sandbox.machine())));
    }

    private static void run(Body body) {
        assertEquals(List.of(), found(body));
    }

    private static String stateAfter(Body body) {
        List<String> states = new ArrayList<>();
        run(memory -> {
            body.run(memory);
            states.add(memory.machine().stateKey().toString());
        });
        return states.getFirst();
    }

    private static Content bytes(int value) {
        Content bytes = new Content((byte) 0);
        bytes.fill(0, SIZE, (byte) value);
        return bytes;
    }

    /// A page that nobody has looked at, filled with a byte.
    private static Folio filled(PhysicalMemory memory, int value) {
        Folio folio = memory.allocate("filled");
        folio.data().write(0, SIZE, bytes(value), 0);
        return folio;
    }

    private static int byteAt(Folio folio, int offset) {
        return folio.data().content().get(offset);
    }

    @Test
    void framesAreUsedAgainTheLowestFirst() {
        run(memory -> {
            Folio first = memory.allocate("one");
            Folio second = memory.allocate("two");
            Folio third = memory.allocate("three");
            assertEquals(List.of(0L, 1L, 2L), List.of(first.pfn(), second.pfn(), third.pfn()));
            third.put();
            first.put();
            assertEquals(List.of(second), memory.inUse());
            assertEquals(0, memory.allocate("four").pfn());
            assertEquals(2, memory.allocate("five").pfn());
            assertEquals(3, memory.allocate("six").pfn());
        });
    }

    @Test
    void hugeFramesLieElsewhereAndAreUsedAgainToo() {
        run(memory -> {
            Folio first = memory.allocateHuge("one").orElseThrow();
            Folio second = memory.allocateHuge("two").orElseThrow();
            assertEquals(first.pfn() + Thp.PAGES, second.pfn());
            assertEquals(0, memory.allocate("small").pfn());
            first.put();
            assertEquals(1, memory.allocate("another").pfn());
            assertEquals(first.pfn(), memory.allocateHuge("three").orElseThrow().pfn());
            assertEquals(second.pfn() + Thp.PAGES, memory.allocateHuge("four").orElseThrow().pfn());
        });
    }

    @Test
    void memoryWithALimitHasNoRoomForHugePages() {
        run(memory -> {
            memory.allocate("one");
            memory.allocate("two");
            assertFalse(memory.limit(1, () -> false));
            assertTrue(memory.limit(2, () -> false));
            assertTrue(memory.limit(3, () -> false));
            assertTrue(memory.allocateHuge("huge").isEmpty());
        });
    }

    /// Who asks for a frame that is not there has others taken out of memory; if that does not help, it is killed, and goes on.
    @Test
    void whoAsksForMoreThanThereIsIsKilledIfNothingCanBeTakenOut() {
        run(memory -> {
            List<Folio> unused = new ArrayList<>(List.of(memory.allocate("one"), memory.allocate("two")));
            memory.limit(2, () -> {
                boolean more = !unused.isEmpty();
                if (more) {
                    unused.removeFirst().put();
                }
                return more;
            });
            Mm mm = new Mm(memory.machine(), "program", Parts.TODAY, new Swap(memory.machine(), memory));
            memory.machine().current().setContext(new TaskStruct(mm));
            assertEquals(Optional.empty(), memory.killed());
            memory.allocate("three");
            memory.allocate("four");
            assertEquals(List.of(), unused);
            assertEquals(Optional.empty(), memory.killed());
            Folio more = memory.allocate("five");
            assertEquals(Optional.of(Signal.SIGKILL), memory.killed());
            more.put();
            memory.allocate("six");
            Mm other = new Mm(memory.machine(), "other", Parts.TODAY, new Swap(memory.machine(), memory));
            memory.machine().current().setContext(new TaskStruct(other));
            assertEquals(Optional.empty(), memory.killed());
        });
    }

    @Test
    void thePagesOfAHugePageAreOneInAllButTheirBytes() {
        run(memory -> {
            Folio head = memory.allocateHuge("huge").orElseThrow();
            Folio third = head.page(3);
            assertSame(head, head.page(0));
            assertSame(third, head.page(3));
            assertSame(head.lock(), third.lock());
            assertEquals(3, third.indexInHuge());
            assertEquals(Set.of(0, 3), head.knownPages().keySet());
            Folio small = memory.allocate("zero");
            small.becomeZeroPage();
            assertSame(small, small.page(3));
            third.get();
            assertEquals(2, head.readReferenceCount());
            head.put();
            third.put();
            assertFalse(third.tryGet());
            assertEquals(List.of(small), memory.inUse());
        });
    }

    @Test
    void aFrameThatIsFreeIsNotTaken() {
        run(memory -> {
            Folio folio = memory.allocate("one");
            assertTrue(folio.tryGet());
            folio.put();
            folio.put();
            assertFalse(folio.tryGet());
            assertFalse(folio.tryGrab(FolioHold.PIN));
            assertEquals(0, folio.peekReferenceCount());
        });
        assertEquals(List.of(Kind.USE_AFTER_FREE), found(memory -> {
            Folio folio = memory.allocate("one");
            folio.put();
            folio.get();
        }).stream().map(Finding::kind).toList());
    }

    @Test
    void pinsOfAHugePageAreCountedForThemselves() {
        run(memory -> {
            Folio huge = memory.allocateHuge("huge").orElseThrow();
            for (int i = 0; i < 2000; i++) {
                assertTrue(huge.tryGet());
            }
            assertFalse(huge.maybeDmaPinned());
            assertTrue(huge.tryGrab(FolioHold.PIN, 3));
            assertTrue(huge.maybeDmaPinned());
            assertEquals(2004, huge.peekReferenceCount());
            huge.release(FolioHold.REFERENCE, 2000);
            assertTrue(huge.maybeDmaPinned());
            huge.release(FolioHold.PIN, 2);
            assertTrue(huge.maybeDmaPinned());
            huge.release(FolioHold.PIN, 1);
            assertFalse(huge.maybeDmaPinned());
            assertEquals(1, huge.peekReferenceCount());
            Folio small = memory.allocate("small");
            assertTrue(small.tryGrab(FolioHold.PIN));
            assertTrue(small.maybeDmaPinned());
            assertEquals(1025, small.peekReferenceCount());
            FolioHold.PIN.release(small);
            assertFalse(small.maybeDmaPinned());
        });
    }

    @Test
    void aPinComesBeforeOrAfterWhoAsksForOne() {
        EveryOrder orders = new EveryOrder(machine -> {
            Folio folio = new PhysicalMemory(machine).allocate("one");
            List<Boolean> seen = new ArrayList<>();
            return new EveryOrder.World(List.of(() -> seen.add(folio.maybeDmaPinned()), () -> folio.tryGrab(FolioHold.PIN)), seen::toString);
        });
        assertEquals(List.of(), orders.all().wrong());
        TreeSet<String> both = new TreeSet<>();
        orders.results().forEach(result -> both.add(result.substring(0, result.indexOf(']'))));
        assertEquals(Set.of("[false", "[true"), both);
    }

    @Test
    void segmentsAndRangesAreZeroedAndNothingElse() {
        run(memory -> {
            Folio folio = filled(memory, 1);
            folio.data().zeroSegments(100, 200);
            for (int offset : new int[] {0, 99, 300, SIZE - 1}) {
                assertEquals(0, byteAt(folio, offset), "at " + offset);
            }
            assertEquals(1, byteAt(folio, 100));
            assertEquals(1, byteAt(folio, 299));
            Folio whole = filled(memory, 1);
            whole.data().zeroSegments(0, SIZE);
            assertEquals(1, byteAt(whole, 0));
            assertEquals(1, byteAt(whole, SIZE - 1));
            Folio huge = memory.allocateHuge("huge").orElseThrow();
            for (int page = 0; page < 4; page++) {
                huge.page(page).data().write(0, SIZE, bytes(1), 0);
            }
            huge.zeroRange(SIZE + 7, SIZE);
            assertEquals(1, byteAt(huge, SIZE - 1));
            assertEquals(1, byteAt(huge.page(1), 6));
            assertEquals(0, byteAt(huge.page(1), 7));
            assertEquals(0, byteAt(huge.page(2), 6));
            assertEquals(1, byteAt(huge.page(2), 7));
            assertEquals(1, byteAt(huge.page(3), 0));
        });
    }

    @Test
    void bytesAndTagsAreCopied() {
        run(memory -> {
            Folio source = filled(memory, 5);
            source.data().tags().set(Architecture.ARM64_MTE, 32, 7);
            Folio copy = memory.allocate("copy");
            source.data().copyTo(copy.data());
            Folio one = memory.allocate("one");
            FolioData.copyAll(List.of(source), List.of(one));
            for (Folio now : List.of(copy, one)) {
                assertEquals(5, byteAt(now, 0));
                assertEquals(5, byteAt(now, SIZE - 1));
                assertEquals(7, now.data().tags().get(32));
            }
            assertNotSame(source.data().content(), copy.data().content());
        });
    }

    @Test
    void whatAPageHasBelongsToTheState() {
        for (Body alike : List.<Body>of(memory -> { }, memory -> filled(memory, 1), memory -> settled(memory).page(3))) {
            assertEquals(stateAfter(alike), stateAfter(alike));
        }
        assertNotEquals(stateAfter(memory -> filled(memory, 1)), stateAfter(memory -> filled(memory, 2)));
        assertNotEquals(stateAfter(memory -> copied(memory, 1)), stateAfter(memory -> copied(memory, 2)));
        assertNotEquals(stateAfter(memory -> allCopied(memory, 1)), stateAfter(memory -> allCopied(memory, 2)));
        assertNotEquals(stateAfter(memory -> settled(memory).getUnseen()), stateAfter(FolioTest::settled));
        assertNotEquals(stateAfter(memory -> settled(memory).page(1).moveTo(5)), stateAfter(memory -> settled(memory).page(1).moveTo(6)));
        assertNotEquals(stateAfter(memory -> zeroed(memory, 0)), stateAfter(memory -> zeroed(memory, 100)));
    }

    private static Folio settled(PhysicalMemory memory) {
        Folio folio = memory.allocateHuge("huge").orElseThrow();
        folio.page(1);
        memory.machine().stateKey(); // what has changed by now is in it
        return folio;
    }

    private static void copied(PhysicalMemory memory, int value) {
        Folio source = filled(memory, value);
        Folio copy = memory.allocate("copy");
        source.data().copyTo(copy.data());
        memory.machine().stateKey();
        source.put();
    }

    private static void allCopied(PhysicalMemory memory, int value) {
        Folio source = filled(memory, value);
        FolioData.copyAll(List.of(source), List.of(memory.allocate("copy")));
        memory.machine().stateKey();
        source.put();
    }

    private static void zeroed(PhysicalMemory memory, int lengthBytes) {
        Folio huge = memory.allocateHuge("huge").orElseThrow();
        huge.page(1).data().write(0, SIZE, bytes(1), 0);
        memory.machine().stateKey();
        huge.zeroRange(SIZE, lengthBytes);
    }

    /// A loop that allocates and frees comes back to the same state.
    @Test
    void nothingIsLeftInTheStateOfAFrameThatIsFree() {
        assertEquals(stateAfter(memory -> freed(memory, 1, 0)), stateAfter(memory -> freed(memory, 2, 3)));
        assertEquals(stateAfter(memory -> freedHuge(memory, 1)), stateAfter(memory -> freedHuge(memory, 2)));
    }

    private static void freed(PhysicalMemory memory, int value, int tag) {
        Folio folio = filled(memory, value);
        folio.data().tags().set(Architecture.ARM64_MTE, 32, tag);
        folio.data().written();
        folio.flags().setBits(value);
        folio.moveTo(value);
        memory.machine().stateKey();
        folio.put();
    }

    private static void freedHuge(PhysicalMemory memory, int value) {
        Folio huge = memory.allocateHuge("huge").orElseThrow();
        huge.page(1).data().write(0, SIZE, bytes(value), 0);
        memory.machine().stateKey();
        huge.put();
    }

    @Test
    void entriesSayWhatTheyPermit() {
        run(memory -> {
            Folio folio = memory.allocate("one");
            assertFalse(Pte.raw(folio, false).writable());
            assertFalse(Pte.raw(folio, false).dirty());
            assertTrue(Pte.raw(folio, true).writable());
            assertTrue(Pte.raw(folio, true).special());
            assertTrue(Pte.file(folio, true, false).writable());
            assertFalse(Pte.file(folio, true, false).dirty());
            assertTrue(Pte.file(folio, false, true).dirty());
            assertFalse(Pte.file(folio, false, true).writable());
            assertFalse(Pte.anonymous(folio, false).writable());
            assertTrue(Pte.anonymous(folio, true).permits(true));
            assertFalse(Pte.anonymous(folio, true).with(Pte.Present.PROT_NONE).permits(false));
            assertFalse(Pte.Marker.POISONED.permits(false));
        });
    }

    @Test
    void onlyWhereThereMayBeHugePagesAreTheUpperLevelsLookedAt() {
        assertEquals(List.of(), Sandbox.ext4().run(() -> { }));
        Sandbox small = Sandbox.ext4();
        assertEquals(List.of(), small.run(() -> {
            Mm mm = small.program(1).mm();
            assertEquals(Optional.empty(), mm.pmd(Thp.BYTES));
            assertEquals(List.of(), mm.pmds(0, 2 * Thp.BYTES));
        }));
        Sandbox huge = Sandbox.huge(Thp.MADVISE);
        assertEquals(List.of(), huge.run(() -> {
            Mm mm = huge.program(1).mm();
            assertSame(mm.pmd(Thp.BYTES).orElseThrow(), mm.pmd(2 * Thp.BYTES - 1).orElseThrow());
            assertEquals(2, mm.pmds(Thp.BYTES - 1, 2 * Thp.BYTES).size());
        }));
    }
}
