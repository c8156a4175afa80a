package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Reclaim against those who hold a page, in random orders: programs that are too large to be explored.
class ReclaimRacesTest {
    private static final long P = 4096;
    private static final int ORDERS = 400;

    @Test
    void aForkLeavesAPinnedPageToTheParentThoughItWasToGoToSwap() {
        for (int seed = 0; seed < ORDERS; seed++) {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'f');
            sandbox.swapOn(4);
            List<Sandbox.Program> programs = new ArrayList<>();
            long[] p = new long[1];
            Runnable prepare = () -> {
                Sandbox.Program program = sandbox.program(1);
                programs.add(program);
                assertEquals(3, program.open("/mnt/f", Fcntl.O_DIRECT));
                p[0] = program.anonymous(P);
                program.store(p[0], 'a');
            };
            Runnable forks = () -> {
                Sandbox.Program program = programs.getFirst();
                program.must("madvise", p[0], P, Mman.MADV_PAGEOUT);
                programs.add(program.fork());
                program.store(p[0] + 1024, 'b');
            };
            Runnable reads = () -> assertEquals(512, programs.getFirst().must("pread", 3, p[0], 512, 0));
            Runnable last = () -> {
                assertEquals('f', programs.getFirst().load(p[0]));
                assertEquals('b', programs.getFirst().load(p[0] + 1024));
                assertEquals(0, programs.getLast().load(p[0] + 1024));
            };
            assertEquals(List.of(), sandbox.runTogether(seed, prepare, List.of(forks, reads), last), "seed " + seed);
        }
    }

    @Test
    void aPageThatLeftTheCacheIsNotMappedThoughItsSlotIsInUseForTheSameAddressAgain() {
        for (int seed = 0; seed < ORDERS; seed++) {
            Sandbox sandbox = Sandbox.ext4();
            sandbox.swapOn(2);
            List<Sandbox.Program> programs = new ArrayList<>();
            long[] p = new long[1];
            Runnable prepare = () -> {
                Sandbox.Program program = sandbox.program(1);
                programs.add(program);
                p[0] = program.anonymous(P);
                program.store(p[0], 'a');
                program.must("madvise", p[0], P, Mman.MADV_PAGEOUT);
                program.must("madvise", p[0], P, Mman.MADV_WILLNEED);
            };
            Runnable again = () -> {
                Sandbox.Program program = programs.getFirst();
                program.must("madvise", p[0], P, Mman.MADV_DONTNEED);
                program.store(p[0], 'b');
                program.must("madvise", p[0], P, Mman.MADV_PAGEOUT);
            };
            Runnable loads = () -> programs.getFirst().load(p[0]);
            Runnable last = () -> assertEquals('b', programs.getFirst().load(p[0]));
            assertEquals(List.of(), sandbox.runTogether(seed, prepare, List.of(again, loads), last), "seed " + seed);
        }
    }
}
