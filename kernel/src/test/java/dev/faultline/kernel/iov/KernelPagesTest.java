package dev.faultline.kernel.iov;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.iov.IovIter.Direction;
import dev.faultline.kernel.iov.IovIter.PageRange;
import dev.faultline.kernel.iov.IovIter.Type;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Iterators over pages that the kernel has, and over nothing.
class KernelPagesTest {
    private final Machine machine = new Machine(10_000, null);
    private final Node node = Node.boot(machine, 1, Parts.TODAY);

    private void alone(Runnable body) {
        Ending ending = machine.runAlone("test", body);
        if (ending == Ending.CRASH) {
            throw new AssertionError(machine.crash());
        }
        assertEquals(Ending.DONE, ending);
    }

    private Folio page(char fill) {
        Folio folio = node.physical().allocate("test");
        folio.data().content().fill(0, Content.SIZE, (byte) fill);
        return folio;
    }

    private IovIter iter(Type type, Direction direction, PageRange... ranges) {
        return IovIter.ofPages(node.userMemory(), node.parts(), type, direction, List.of(ranges));
    }

    private static PageRange part(Folio folio, int offset, long bytes) {
        return new PageRange(List.of(folio), offset, bytes);
    }

    private static String text(Content bytes, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append((char) bytes.get(i));
        }
        return text.toString();
    }

    @Test
    void copiesGoFromPartToPart() {
        alone(() -> {
            IovIter from = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 10, 2), part(page('b'), 4094, 2), part(page('c'), 0, 3));
            Content bytes = new Content((byte) '.');
            assertEquals(5, from.copyFromIter(bytes, 0, 5));
            assertEquals("aabbc.", text(bytes, 6));
            assertEquals(2, from.count());
            from.revert(4);
            assertEquals(3, from.copyFromIter(bytes, 0, 3));
            assertEquals("abbbc.", text(bytes, 6));
            from.advance(100);
            assertEquals(0, from.count());
        });
    }

    @Test
    void aCopyIntoPagesChangesThePartsAlone() {
        alone(() -> {
            Folio folio = page('a');
            IovIter to = iter(Type.BVEC, Direction.DESTINATION, part(folio, 1, 2));
            assertEquals(2, to.copyToIter(new Content((byte) 'x'), 0, 5));
            assertEquals("axxa", text(folio.data().content(), 4));
        });
    }

    @Test
    void truncateHidesAndReexpandShows() {
        alone(() -> {
            IovIter from = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 0, 8));
            from.truncate(3);
            assertEquals(3, from.copyFromIter(new Content((byte) 0), 0, 8));
            from.reexpand(5);
            assertEquals(5, from.copyFromIter(new Content((byte) 0), 0, 8));
        });
    }

    @Test
    void pagesAreTakenAcrossPartsThatMeetAtTheEdgeOfAPage() {
        Consumer<ExtractedPages> three = taken -> {
            ExtractedPages.Pages pages = assertInstanceOf(ExtractedPages.Pages.class, taken);
            assertEquals(3, pages.folios().size());
            assertEquals(4000, pages.offset());
            assertEquals(96 + 4096 + 10, pages.lengthBytes());
            assertEquals(FolioHold.NOTHING, pages.hold());
        };
        alone(() -> three.accept(iter(Type.BVEC, Direction.SOURCE, part(page('a'), 4000, 96), part(page('b'), 0, 4096),
                part(page('c'), 0, 10), part(page('d'), 20, 10)).extractPages(10_000, 16)));
    }

    @Test
    void pagesOfTheKernelsMemoryAreTakenOneRangeAtATime() {
        alone(() -> {
            IovIter from = iter(Type.KVEC, Direction.SOURCE, part(page('a'), 0, 4096), part(page('b'), 0, 4096));
            assertEquals(8192, from.singleSegmentCount());
            assertEquals(4096, assertInstanceOf(ExtractedPages.Pages.class, from.extractPages(8192, 16)).lengthBytes());
            assertEquals(4096, from.count());
        });
    }

    private static void takes(IovIter from, long wanted, int maxPages, int pages, long bytes) {
        ExtractedPages.Pages taken = assertInstanceOf(ExtractedPages.Pages.class, from.extractPages(wanted, maxPages));
        assertEquals(pages, taken.folios().size());
        assertEquals(bytes, taken.lengthBytes());
    }

    @Test
    void noMoreIsTakenThanIsWanted() {
        alone(() -> {
            IovIter from = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 0, 4096), part(page('b'), 0, 4096), part(page('c'), 0, 4096));
            takes(from, 0, 16, 0, 0);
            takes(from, 5000, 16, 2, 5000);
            assertEquals(12288 - 5000, from.count());
            takes(from, 10_000, 1, 1, 8192 - 5000);
            takes(from, 10_000, 1, 1, 4096);
            takes(from, 10_000, 1, 0, 0);
        });
    }

    @Test
    void pagesAreTakenUpToAPartThatDoesNotMeetTheNext() {
        alone(() -> {
            IovIter endsEarly = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 0, 100), part(page('b'), 0, 50));
            takes(endsEarly, 1000, 16, 1, 100);
            takes(endsEarly, 1000, 16, 1, 50);
            IovIter beginsLate = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 4000, 96), part(page('b'), 20, 50));
            takes(beginsLate, 1000, 16, 1, 96);
            takes(beginsLate, 1000, 16, 1, 50);
            IovIter whole = iter(Type.KVEC, Direction.SOURCE, new PageRange(List.of(page('a'), page('b')), 100, 5000), part(page('c'), 0, 5));
            takes(whole, 10_000, 16, 2, 5000);
            takes(whole, 10_000, 16, 1, 5);
        });
    }

    @Test
    void alignmentIsThatOfAllThatIsLeft() {
        alone(() -> {
            IovIter from = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 512, 1024), part(page('b'), 5, 0), part(page('c'), 0, 8));
            assertEquals(1024, from.singleSegmentCount());
            assertEquals(8, from.alignment() & 511);
            from.truncate(1024);
            assertEquals(512, from.alignment() & 1023);
            from.advance(1024);
            assertEquals(0, from.alignment());
        });
    }

    @Test
    void nothingIsTakenOutOfNothing() {
        alone(() -> {
            IovIter to = IovIter.discard(node.userMemory(), node.parts(), 10);
            assertInstanceOf(ExtractedPages.Failed.class, to.extractPages(10, 1));
            assertEquals(10, to.copyToIter(new Content((byte) 'x'), 0, 20));
            assertEquals(0, to.count());
        });
    }

    @Test
    void dataThatGoesTheWrongWayIsAWarning() {
        long[] copied = {-1};
        machine.runAlone("test", () -> copied[0] =
                iter(Type.BVEC, Direction.SOURCE, part(page('a'), 0, 8)).copyToIter(new Content((byte) 'x'), 0, 1));
        assertEquals(0, copied[0]);
        assertTrue(machine.findings().stream().anyMatch(finding -> finding.kind() == Kind.WARNING));
    }

    @Test
    void pagesOfTheKernelNeedNoFaults() {
        alone(() -> {
            IovIter from = iter(Type.BVEC, Direction.SOURCE, part(page('a'), 0, 8));
            assertEquals(0, from.faultInReadable(8));
            assertEquals(0, from.faultInReadable(100));
        });
    }

    private static void isFilledWithTheFirst(Folio folio) {
        for (int i = 0; i < 110; i += 10) {
            assertEquals('x', folio.data().content().get(i));
        }
    }

    private Folio pageThatBegins(char first) {
        Folio folio = page('a');
        folio.data().content().store(0, 1, first);
        return folio;
    }

    /// What was written first is what is read next, as where a program's memory is the page itself.
    @Test
    void aCopyWithinAPageGoesForward() {
        alone(() -> {
            machine.current().setContext(new TaskStruct());
            Folio folio = pageThatBegins('x');
            assertEquals(100, iter(Type.BVEC, Direction.SOURCE, part(folio, 0, 100)).copyFolioFromIterAtomic(folio, 10, 100));
            isFilledWithTheFirst(folio);
        });
        alone(() -> {
            Folio folio = pageThatBegins('x');
            assertEquals(100, iter(Type.BVEC, Direction.SOURCE, part(folio, 0, 100)).copyFolioFromIter(folio, 10, 100));
            isFilledWithTheFirst(folio);
        });
        alone(() -> {
            Folio folio = pageThatBegins('x');
            assertEquals(100, iter(Type.BVEC, Direction.DESTINATION, part(folio, 10, 100)).copyFolioToIter(folio, 0, 100));
            isFilledWithTheFirst(folio);
        });
    }

    @Test
    void aCopyOfAnotherPageIsThatOfThePage() {
        alone(() -> {
            Folio from = pageThatBegins('x');
            Folio to = page('b');
            assertEquals(100, iter(Type.BVEC, Direction.DESTINATION, part(to, 10, 100)).copyFolioToIter(from, 0, 100));
            assertEquals("bbbbbbbbbbxaaaaaaaaaa", text(to.data().content(), 21));
            assertEquals(10, IovIter.discard(node.userMemory(), node.parts(), 10).copyFolioToIter(from, 0, 20));
        });
    }
}
