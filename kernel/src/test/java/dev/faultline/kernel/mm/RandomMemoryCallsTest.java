package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Random programs of calls that change an address space, against an array of pages: every byte, every signal,
/// and every failure.
class RandomMemoryCallsTest {
    private static final int PAGES = 20;
    private static final int CALLS = 60;
    private static final int PROGRAMS = 150;
    private static final int PROGRAMS_OF_HUGE_PAGES = 40;
    private static final int UNMAPPED = -1;

    @Test
    void memoryIsAnArrayOfPages() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            Sandbox sandbox = Sandbox.ext4();
            int number = seed;
            assertEquals(List.of(), sandbox.run(() -> new Run(sandbox.program(1), number, 4096).run()), "seed " + seed);
        }
    }

    /// The same in units of a quarter of a huge page: calls mean some as a whole, and reach into others.
    @Test
    void memoryIsAnArrayOfPartsOfHugePages() {
        for (int seed = 0; seed < PROGRAMS_OF_HUGE_PAGES; seed++) {
            Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
            int number = seed;
            assertEquals(List.of(), sandbox.run(() -> new Run(sandbox.program(1), number, Thp.BYTES / 4).run()), "seed " + seed);
        }
    }

    private static final class Run {
        private final Sandbox.Program program;
        private final SplittableRandom random;
        private final String seed;
        private final long unit;
        private final long base;
        private final int[] protection = new int[PAGES];
        private final int[] value = new int[PAGES];

        Run(Sandbox.Program program, int seed, long unit) {
            this.program = program;
            this.unit = unit;
            this.random = new SplittableRandom(seed);
            this.seed = "seed " + seed;
            this.base = program.anonymous(PAGES * unit);
            Arrays.fill(protection, Mman.PROT_READ | Mman.PROT_WRITE);
        }

        void run() {
            for (int call = 0; call < CALLS; call++) {
                int first = random.nextInt(PAGES);
                int count = 1 + random.nextInt(Math.min(5, PAGES - first));
                switch (random.nextInt(8)) {
                    case 0 -> map(first, count);
                    case 1 -> unmap(first, count);
                    case 2 -> protect(first, count);
                    case 3 -> move(first, count);
                    case 4 -> dontNeed(first, count);
                    case 5 -> load(first);
                    default -> store(first);
                }
            }
            for (int page = 0; page < PAGES; page++) {
                load(page);
            }
        }

        private int randomProtection() {
            return new int[] {Mman.PROT_NONE, Mman.PROT_READ, Mman.PROT_READ | Mman.PROT_WRITE}[random.nextInt(3)];
        }

        private void map(int first, int count) {
            int chosen = randomProtection();
            program.must("mmap", base + first * unit, count * unit, chosen,
                    Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            Arrays.fill(protection, first, first + count, chosen);
            Arrays.fill(value, first, first + count, 0);
        }

        private void unmap(int first, int count) {
            program.must("munmap", base + first * unit, count * unit);
            Arrays.fill(protection, first, first + count, UNMAPPED);
        }

        private void protect(int first, int count) {
            int chosen = randomProtection();
            SysResult result = program.call("mprotect", base + first * unit, count * unit, chosen);
            int page = first;
            while (page < first + count && protection[page] != UNMAPPED) {
                protection[page++] = chosen;
            }
            assertEquals(page == first + count, result instanceof SysResult.Ok, seed);
        }

        private void move(int first, int count) {
            int target = random.nextInt(PAGES - count + 1);
            SysResult result = program.call("mremap", base + first * unit, count * unit, count * unit,
                    Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, base + target * unit);
            boolean apart = target + count <= first || first + count <= target;
            boolean possible = apart && protection[first] != UNMAPPED;
            assertEquals(possible, result instanceof SysResult.Ok, seed);
            for (int i = 0; possible && i < count; i++) {
                if (protection[first + i] != UNMAPPED) { // what is at the target stays where a hole comes
                    protection[target + i] = protection[first + i];
                    value[target + i] = value[first + i];
                    protection[first + i] = UNMAPPED;
                }
            }
        }

        private void dontNeed(int first, int count) {
            SysResult result = program.call("madvise", base + first * unit, count * unit, Mman.MADV_DONTNEED);
            boolean whole = true;
            for (int page = first; page < first + count; page++) {
                whole &= protection[page] != UNMAPPED;
                value[page] = 0;
            }
            assertEquals(whole, result instanceof SysResult.Ok, seed);
        }

        private void load(int page) {
            boolean readable = protection[page] > Mman.PROT_NONE;
            try {
                assertEquals(value[page], program.load(base + page * unit), seed + ", page " + page);
                assertEquals(true, readable, seed + ", page " + page);
            } catch (SignalRaised raised) {
                assertEquals(false, readable, seed + ", page " + page);
            }
        }

        private void store(int page) {
            boolean writable = protection[page] > Mman.PROT_READ;
            int stored = 1 + random.nextInt(100);
            try {
                program.store(base + page * unit, stored);
                value[page] = stored;
                assertEquals(true, writable, seed + ", page " + page);
            } catch (SignalRaised raised) {
                assertEquals(false, writable, seed + ", page " + page);
            }
        }
    }
}
