package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Processes that descend from one another, and the memory that they share without noticing.
class ForkTest {
    private static final long P = 4096;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    private static void run(Body body) {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long memory = program.anonymous(4 * P);
            program.store(memory, 1);
            body.run(program, memory);
        }));
    }

    @Test
    void adviceDecidesWhatTheChildGets() {
        run((program, p) -> {
            program.store(p + P, 2);
            program.must("madvise", p, P, Mman.MADV_WIPEONFORK);
            program.must("madvise", p + P, P, Mman.MADV_DONTFORK);
            Sandbox.Program child = program.fork();
            assertEquals(0, child.load(p));
            assertThrows(SignalRaised.class, () -> child.load(p + P));
            assertEquals(1, program.load(p));
            assertEquals(2, program.load(p + P));
        });
    }

    @Test
    void aChildDoesNotInheritLocks() {
        run((program, p) -> {
            program.must("mlock", p, P);
            Sandbox.Program child = program.fork();
            assertEquals(0, child.must("madvise", p, P, Mman.MADV_DONTNEED));
            assertEquals(SysResult.err(Errno.EINVAL), program.call("madvise", p, P, Mman.MADV_DONTNEED));
        });
    }

    @Test
    void theLastOwnerWritesInPlace() {
        run((program, p) -> {
            Sandbox.Program child = program.fork();
            child.exit(0);
            int before = program.pagesInUse();
            Pte.Present shared = (Pte.Present) program.mm().slot(p).peek();
            program.store(p, 5);
            assertEquals(before, program.pagesInUse());
            assertSame(shared.folio(), ((Pte.Present) program.mm().slot(p).peek()).folio());
        });
    }

    /// It is in the swap cache besides, which gives it up.
    @Test
    void theLastOwnerWritesInPlaceWhatCameBackFromSwap() {
        Sandbox sandbox = Sandbox.ext4();
        sandbox.swapOn(2);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.anonymous(P);
            program.store(p, 1);
            Sandbox.Program child = program.fork();
            program.reclaim(p);
            assertEquals(1, child.load(p));
            assertEquals(1, program.load(p));
            child.store(p, 2);
            Pte.Present shared = (Pte.Present) program.mm().slot(p).peek();
            assertEquals(1, shared.folio().swap().stream().count());
            program.store(p, 5);
            assertSame(shared.folio(), ((Pte.Present) program.mm().slot(p).peek()).folio());
            assertEquals(0, shared.folio().swap().stream().count());
            child.exit(0);
        }));
    }

    /// Nobody can tell but the page table: what a fault would find again is left to it.
    @Test
    void onlyWhatFaultsCouldNotFindIsCopied() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * P, 'a').device("/dev/registers", VmFlag.IO);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long shared = program.shared(fd, P);
            long mine = program.must("mmap", 0, 2 * P, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_PRIVATE, fd, 0);
            long device = program.shared(program.open("/dev/registers", 0), P);
            program.load(shared);
            program.load(mine);
            program.store(device, 'd');
            Sandbox.Program before = program.fork();
            assertEquals(Pte.NONE, before.mm().slot(shared).peek());
            assertEquals(Pte.NONE, before.mm().slot(mine).peek());
            assertEquals('d', before.load(device));
            before.exit(0);
            program.store(mine + P, 'b');
            Sandbox.Program child = program.fork();
            assertEquals('b', child.load(mine + P));
            assertEquals('a', child.load(mine));
            child.exit(0);
        }));
    }

    @Test
    void waitingTellsOfEachChildOnce() {
        run((program, p) -> {
            assertEquals(SysResult.err(Errno.ECHILD), program.call("waitpid", -1, 0, 0));
            Sandbox.Program child = program.fork();
            assertEquals(0, program.must("waitpid", -1, p, 1));
            child.exit(7 << 8);
            assertEquals(SysResult.err(Errno.EINVAL), program.call("waitpid", -1, p, 0x100));
            assertEquals(SysResult.err(Errno.ECHILD), program.call("waitpid", child.pid() + 5, p, 0));
            assertEquals(child.pid(), program.must("waitpid", child.pid(), p, 0));
            assertEquals(7, program.load(p + 1));
            assertEquals(SysResult.err(Errno.ECHILD), program.call("wait", p));
        });
    }

    /// A family of processes, each with an array for its memory.
    @Test
    void nobodySeesWhatAnotherWrites() {
        for (int seed = 0; seed < 100; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            String name = "seed " + seed;
            run((first, p) -> {
                List<Sandbox.Program> programs = new ArrayList<>(List.of(first));
                List<int[]> memories = new ArrayList<>(List.of(new int[] {1, 0, 0, 0}));
                for (int call = 0; call < 80; call++) {
                    int who = random.nextInt(programs.size());
                    int page = random.nextInt(4);
                    switch (random.nextInt(10)) {
                        case 0 -> {
                            programs.add(programs.get(who).fork());
                            memories.add(memories.get(who).clone());
                        }
                        case 1 -> {
                            if (who > 0) {
                                programs.remove(who).exit(0);
                                memories.remove(who);
                            }
                        }
                        case 2 -> {
                            programs.get(who).must("madvise", p + page * P, P, Mman.MADV_DONTNEED);
                            memories.get(who)[page] = 0;
                        }
                        case 3, 4, 5 -> assertEquals(memories.get(who)[page], programs.get(who).load(p + page * P), name);
                        default -> {
                            memories.get(who)[page] = 1 + random.nextInt(100);
                            programs.get(who).store(p + page * P, memories.get(who)[page]);
                        }
                    }
                }
            });
        }
    }
}
