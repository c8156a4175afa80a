package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What madvise(2) does to pages that need not stay in memory, and to which of them.
class AdviceTest {
    private static final long P = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private static void run(Sandbox sandbox, Consumer<Sandbox.Program> body) {
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> body.accept(sandbox.program(1))));
    }

    private static Pte entry(Sandbox.Program program, long address) {
        return program.mm().slot(address).peek();
    }

    private static Pte.Present present(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, entry(program, address));
    }

    @Test
    void pagesOfAFileGoOnlyWhereSwapHoldsThem() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), P);
            program.load(p);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            present(program, p);
        });
        run(Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), P);
            program.load(p);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals(Pte.NONE, entry(program, p));
            assertEquals('a', program.load(p));
        });
    }

    /// A page of zeroes among copies of a file, as userfaultfd puts it there, that somebody refers to.
    @Test
    void thePageOfZeroesStays() {
        run(Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", P, 'a'), program -> {
            long anonymous = program.anonymous(P);
            program.load(anonymous);
            Pte.Present zeroes = present(program, anonymous);
            long p = program.must("mmap", 0, P, RW, Mman.MAP_PRIVATE, program.open("/mnt/f", 0), 0);
            program.mm().slot(p).replace(Pte.NONE, zeroes);
            zeroes.folio().get();
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            zeroes.folio().put();
            assertEquals(zeroes, entry(program, p));
            assertEquals(0, zeroes.folio().flags().peek() & (Folio.DIRTY | Folio.SWAPCACHE));
        });
    }

    @Test
    void whatIsLeftOfAHugePageStaysAsItIs() {
        for (Architecture architecture : new Architecture[] {Architecture.X86_64, Architecture.ARM64}) {
            run(Sandbox.huge(Thp.ALWAYS, architecture), program -> {
                long p = program.anonymous(Thp.BYTES);
                program.store(p + P, 'a');
                program.must("munmap", p, P);
                program.must("munmap", p + 2 * P, Thp.BYTES - 2 * P);
                Pte.Present before = present(program, p + P);
                assertTrue(before.dirty());
                assertTrue(before.folio().isLarge());
                for (int advice : new int[] {Mman.MADV_COLD, Mman.MADV_FREE, Mman.MADV_PAGEOUT}) {
                    program.must("madvise", p + P, P, advice);
                    assertEquals(before, entry(program, p + P));
                }
                assertEquals('a', program.load(p + P));
            });
        }
    }

    /// A page that was taken out of both programs and not written, as somebody referred to it: what is in its slot is not
    /// what is in the page, and the other program counts on the slot.
    @Test
    void whatAnotherProgramHasInSwapIsStillWrittenThere() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.store(p, 'a');
            Folio page = present(program, p).folio();
            Sandbox.Program child = program.fork();
            page.get();
            program.reclaim(p);
            assertInstanceOf(Pte.Swap.class, entry(child, p));
            page.put();
            assertEquals('a', program.load(p));
            assertSame(page, present(program, p).folio());
            program.must("madvise", p, P, Mman.MADV_FREE);
            program.reclaim(p);
            program.reclaim(p);
            assertEquals('a', child.load(p));
            child.exit(0);
        });
    }

    /// One try: what is made before, who runs, and what is to be so then.
    private static void race(int most, Consumer<Sandbox.Program> prepare, Consumer<Sandbox.Program> first, Consumer<Sandbox.Program> second,
            Consumer<Sandbox.Program> last) {
        TwoSwitches.once(0, most, order -> {
            Sandbox sandbox = Sandbox.ext4();
            sandbox.swapOn(4);
            List<Sandbox.Program> programs = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                programs.add(sandbox.program(1));
                assertEquals(MEMORY, programs.getFirst().must("mmap", MEMORY, 2 * P, RW,
                        Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0));
                prepare.accept(programs.getFirst());
            }, List.of(() -> first.accept(programs.getFirst()), () -> second.accept(programs.getFirst())),
                    () -> last.accept(programs.getFirst())), order::toString);
        });
    }

    private static final long MEMORY = 1L << 40;

    private static void advise(Sandbox.Program program, int advice) {
        program.must("madvise", MEMORY, P, advice);
    }

    /// The entry that was looked at maps another page by then, which has been in swap and was written afterwards.
    @Test
    void aPageThatHasComeInTheMeantimeIsNotFreed() {
        race(Integer.MAX_VALUE, program -> program.store(MEMORY, 'a'),
                program -> advise(program, Mman.MADV_FREE),
                program -> {
                    advise(program, Mman.MADV_DONTNEED);
                    program.store(MEMORY, 'x');
                    advise(program, Mman.MADV_PAGEOUT);
                    assertEquals('x', program.load(MEMORY));
                    program.store(MEMORY, 'b');
                },
                program -> {
                    boolean freed = present(program, MEMORY).folio().flags().readBits(Folio.LAZYFREE) != 0;
                    advise(program, Mman.MADV_PAGEOUT);
                    int found = program.load(MEMORY);
                    assertTrue(found == 'b' || found == 0 && freed, () -> "found " + found);
                });
    }

    @Test
    void adviceMeetsAPageThatGoes() {
        for (int advice : new int[] {Mman.MADV_FREE, Mman.MADV_COLD, Mman.MADV_PAGEOUT, Mman.MADV_WILLNEED}) {
            for (boolean inSwap : new boolean[] {false, true}) {
                race(Integer.MAX_VALUE, program -> {
                    program.store(MEMORY, 'a');
                    if (inSwap) {
                        advise(program, Mman.MADV_PAGEOUT);
                    }
                }, program -> advise(program, advice), program -> {
                    advise(program, Mman.MADV_DONTNEED);
                    program.store(MEMORY + 1, 'b');
                }, program -> {
                    assertEquals(0, program.load(MEMORY));
                    assertEquals('b', program.load(MEMORY + 1));
                    assertFalse(present(program, MEMORY).folio().lock().isLocked());
                });
            }
        }
    }

    /// A page that was pinned before goes on being the program's own.
    @Test
    void whatIsFreedUnderAPinStays() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.store(p, 'a');
            GupResult.Pages pinned = assertInstanceOf(GupResult.Pages.class,
                    program.gup().getUserPagesFast(p, 1, EnumSet.of(GupFlag.PIN, GupFlag.WRITE)));
            program.must("madvise", p, P, Mman.MADV_FREE);
            program.must("madvise", p, P, Mman.MADV_PAGEOUT);
            assertEquals('a', program.load(p));
            pinned.folios().forEach(FolioHold.PIN::release);
        });
    }
}
