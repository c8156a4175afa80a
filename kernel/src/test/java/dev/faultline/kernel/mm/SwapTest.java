package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Pages that go to swap and come back. What is expected was looked up on v6.18 where it is more than common sense.
class SwapTest {
    private static final long P = 4096;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    private static void run(int slots, Body body) {
        Sandbox sandbox = Sandbox.ext4();
        sandbox.swapOn(slots);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.run(program, program.anonymous(4 * P));
        }));
    }

    @Test
    void aPageThatWentOutComesBackAndCanGoAgain() {
        run(4, (program, p) -> {
            int before = program.pagesInUse();
            program.store(p, 1);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(before, program.pagesInUse());
            assertEquals(1, program.load(p));
            program.store(p, 2);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(before, program.pagesInUse());
            assertEquals(2, program.load(p));
        });
    }

    @Test
    void withoutAFreeSlotThePageStays() {
        run(1, (program, p) -> {
            program.store(p, 1);
            program.store(p + P, 2);
            int before = program.pagesInUse();
            program.must("madvise", p, 2 * P, Mman.MADV_PAGEOUT);
            assertEquals(before - 1, program.pagesInUse());
            assertEquals(1, program.load(p));
            assertEquals(2, program.load(p + P));
        });
    }

    @Test
    void whatNeedNotBeKeptIsGoneUnlessItIsWrittenAgain() {
        run(4, (program, p) -> {
            program.store(p, 1);
            program.store(p + P, 1);
            program.must("madvise", p, 2 * P, Mman.MADV_FREE);
            program.store(p + P + 1, 2);
            program.must("madvise", p, 2 * P, Mman.MADV_PAGEOUT);
            assertEquals(0, program.load(p));
            assertEquals(1, program.load(p + P));
            assertEquals(2, program.load(p + P + 1));
        });
    }

    @Test
    void adviceToReadInFillsTheCacheOnly() {
        run(4, (program, p) -> {
            program.store(p, 1);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            program.must("mincore", p, P, p + P);
            assertEquals(0, program.load(p + P));
            program.must("madvise", p, P, Mman.MADV_WILLNEED);
            program.must("mincore", p, P, p + P);
            assertEquals(1, program.load(p + P));
            assertEquals(1, program.load(p));
        });
    }

    @Test
    void lockedPagesDoNotGo() {
        run(4, (program, p) -> {
            program.must("mlock", p, P);
            assertEquals(SysResult.err(Errno.EINVAL), program.call("madvise", p, P, Mman.MADV_PAGEOUT));
        });
    }

    @Test
    void aPageOfTwoProcessesStays() {
        run(4, (program, p) -> {
            program.store(p, 1);
            Sandbox.Program child = program.fork();
            int before = program.pagesInUse();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(before, program.pagesInUse());
            assertEquals(1, child.load(p));
        });
    }

    @Test
    void memoryGoesBackWithItsSlots() {
        run(1, (program, p) -> {
            for (int round = 0; round < 3; round++) {
                program.store(p, round);
                program.must("madvise", p, P, Mman.MADV_PAGEOUT);
                program.must("madvise", p, P, round == 0 ? Mman.MADV_FREE : Mman.MADV_DONTNEED);
                assertEquals(0, program.load(p));
                program.must("madvise", p, P, Mman.MADV_DONTNEED);
            }
            program.store(p, 7);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(7, program.load(p));
            program.must("munmap", p, P);
            program.store(p + P, 8);
            int before = program.pagesInUse();
            program.must("madvise", p + P, P, Mman.MADV_PAGEOUT);
            assertEquals(before - 1, program.pagesInUse());
        });
    }

    private static Pte entry(Sandbox.Program program, long address) {
        return program.mm().slot(address).peek();
    }

    private static Folio page(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, entry(program, address)).folio();
    }

    @Test
    void aPageThatIsPinnedOrLockedDoesNotGo() {
        run(4, (program, p) -> {
            program.store(p, 1);
            Folio page = page(program, p);
            assertTrue(page.tryGrab(FolioHold.PIN));
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertSame(page, page(program, p));
            FolioHold.PIN.release(page);
            page.lock().lock();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertSame(page, page(program, p));
            page.lock().unlock();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertInstanceOf(Pte.Swap.class, entry(program, p));
        });
    }

    @Test
    void aPageThatSomebodyLooksAtStaysInTheCache() {
        run(4, (program, p) -> {
            program.store(p, 1);
            Folio page = page(program, p);
            page.get();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertInstanceOf(Pte.Swap.class, entry(program, p));
            assertFalse(page.lock().isLocked());
            assertEquals(1, program.load(p));
            assertSame(page, page(program, p));
            page.put();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(1, program.load(p));
        });
    }

    @Test
    void adviceThatAPageNeedNotBeKeptGivesItsSlotBack() {
        run(1, (program, p) -> {
            program.store(p, 1);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(1, program.load(p)); // in memory and in swap
            assertTrue(page(program, p).swap().isPresent());
            program.must("madvise", p, P, Mman.MADV_FREE);
            assertTrue(page(program, p).swap().isEmpty());
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(0, program.load(p));
        });
    }

    @Test
    void whatIsInSwapAndNeedNotBeKeptIsGone() {
        run(1, (program, p) -> {
            program.store(p, 1);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            program.must("madvise", p, 2 * P, Mman.MADV_FREE);
            assertEquals(Pte.NONE, entry(program, p));
            assertEquals(0, program.load(p));
        });
    }

    @Test
    void aPageWithACopyInSwapThatOthersMapOrHoldLockedIsKept() {
        run(1, (program, p) -> {
            program.store(p, 1);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(1, program.load(p));
            Folio page = page(program, p);
            page.lock().lock();
            program.must("madvise", p, P, Mman.MADV_FREE);
            assertTrue(page.swap().isPresent());
            assertEquals(0, page.flags().peek() & Folio.LAZYFREE);
            page.lock().unlock();
            Sandbox.Program child = program.fork();
            program.must("madvise", p, P, Mman.MADV_FREE);
            assertTrue(page.swap().isPresent());
            assertEquals(0, page.flags().peek() & Folio.LAZYFREE);
            child.exit(0);
            program.must("madvise", p, P, Mman.MADV_FREE);
            assertEquals(Folio.LAZYFREE, page.flags().peek() & Folio.LAZYFREE);
        });
    }

    @Test
    void aPageThatNeedNotBeKeptStaysWhereAnAreaIsLockedOrSomebodyHoldsIt() {
        run(1, (program, p) -> {
            program.store(p, 1);
            program.must("madvise", p, P, Mman.MADV_FREE);
            Folio page = page(program, p);
            page.get();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertSame(page, page(program, p));
            page.put();
            assertEquals(1, program.load(p));
        });
    }

    @Test
    void pagesOfTmpfsGoWhereOneEntryMapsThem() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", 2 * P, 'a');
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long p = program.shared(fd, 2 * P);
            long again = program.shared(fd, P);
            program.load(again);
            program.load(p);
            program.load(p + P);
            int before = program.pagesInUse();
            program.must("madvise", p, 2 * P, Mman.MADV_PAGEOUT);
            assertEquals(before - 1, program.pagesInUse());
            assertInstanceOf(Pte.Present.class, entry(program, p));
            assertEquals(Pte.NONE, entry(program, p + P));
            assertEquals('a', program.load(p + P));
            long hole = program.must("mmap", 0, P, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_PRIVATE, fd, P);
            program.store(hole, 'b');
            program.must("madvise", hole, P, Mman.MADV_PAGEOUT);
            assertInstanceOf(Pte.Swap.class, entry(program, hole));
            assertEquals('b', program.load(hole));
        }));
    }

    /// A parent and two generations of children, each with its own array of what its bytes should be.
    @Test
    void familiesKeepTheirBytes() {
        for (int seed = 0; seed < 60; seed++) {
            int number = seed;
            run(6, (program, p) -> new Family(number, p).run(program));
        }
    }

    private static final class Family {
        private static final int ADVICE = 3;

        private final SplittableRandom random;
        private final long base;

        Family(int seed, long base) {
            this.random = new SplittableRandom(seed);
            this.base = base;
        }

        void run(Sandbox.Program parent) {
            int[] values = new int[4];
            act(parent, values);
            Sandbox.Program child = parent.fork();
            int[] childValues = values.clone();
            for (int round = 0; round < 4; round++) {
                act(child, childValues);
                act(parent, values);
            }
            Sandbox.Program grandchild = child.fork();
            int[] last = childValues.clone();
            act(child, childValues);
            act(grandchild, last);
            grandchild.exit(0);
            act(child, childValues);
            child.exit(0);
            act(parent, values);
        }

        private void act(Sandbox.Program program, int[] values) {
            for (int i = 0; i < 12; i++) {
                int page = random.nextInt(values.length);
                long address = base + page * P;
                switch (random.nextInt(4 + ADVICE)) {
                    case 0, 1 -> {
                        values[page] = 1 + random.nextInt(100);
                        program.store(address, values[page]);
                    }
                    case 2 -> program.must("madvise", address, P, Mman.MADV_PAGEOUT);
                    case 3 -> program.must("madvise", address, P, Mman.MADV_WILLNEED);
                    case 4 -> {
                        program.must("madvise", address, P, Mman.MADV_DONTNEED);
                        values[page] = 0;
                    }
                    default -> assertEquals(values[page], program.load(address));
                }
            }
        }
    }
}
