package dev.faultline.kernel.mm;

import static dev.faultline.kernel.mm.Layout.KEEP;
import static dev.faultline.kernel.mm.Layout.MOVE;
import static dev.faultline.kernel.mm.Layout.P;
import static dev.faultline.kernel.mm.Layout.Q;
import static dev.faultline.kernel.mm.Layout.RW;
import static dev.faultline.kernel.mm.Layout.RWX;
import static dev.faultline.kernel.mm.Layout.areAreas;
import static dev.faultline.kernel.mm.Layout.areas;
import static dev.faultline.kernel.mm.Layout.at;
import static dev.faultline.kernel.mm.Layout.fails;
import static dev.faultline.kernel.mm.Layout.file;
import static dev.faultline.kernel.mm.Layout.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The areas of an address space: which of them are one, and what they remember when they move.
class AreasTest {
    // ---- what is one area ----

    @Test
    void whatIsWrittenFirstIsSharedWithTheNeighbourOnEitherSide() {
        run(program -> {
            for (int first : new int[] {0, 1}) {
                long q = Q + first * 16 * P;
                at(program, q, 2, RW);
                program.must("mprotect", q, P, RWX);
                program.store(q + first * P, 'a');
                program.store(q + (1 - first) * P, 'b');
                areAreas(2, program, q, 2);
                program.must("mprotect", q, P, RW);
                areAreas(1, program, q, 2);
            }
        });
    }

    @Test
    void neighboursThatDifferInMoreThanAccessKeepTheirPagesApart() {
        run(program -> {
            at(program, Q, 2, RW);
            program.must("madvise", Q, P, Mman.MADV_RANDOM);
            program.store(Q, 'a');
            program.store(Q + P, 'b');
            program.must("madvise", Q, P, Mman.MADV_NORMAL);
            areAreas(2, program, Q, 2);
            at(program, Q + 8 * P, 1, RW);
            at(program, Q + 20 * P, 1, RW);
            program.store(Q + 20 * P, 'c');
            program.must("mremap", Q + 20 * P, P, P, MOVE, Q + 9 * P); // does not go on where the one before it ends
            program.store(Q + 8 * P, 'd');
            program.must("mprotect", Q + 8 * P, P, RWX);
            areAreas(2, program, Q + 8 * P, 2);
        });
    }

    @Test
    void aChangeThatChangesNothingDividesNothing() {
        run(program -> {
            at(program, Q, 3, RW);
            program.must("madvise", Q + P, P, Mman.MADV_NORMAL);
            areAreas(1, program, Q, 3);
            program.must("munlock", Q + P, P);
            areAreas(1, program, Q, 3);
            program.must("mprotect", Q + P, P, RW);
            areAreas(1, program, Q, 3);
        });
    }

    @Test
    void areasOfAFileAreOneWhereItWasOpenedOnceAndTheyGoOn() {
        run(program -> {
            int fd = program.open("/mnt/f", 0);
            int again = program.open("/mnt/f", 0);
            at(program, Q, 3, RW);
            program.must("mmap", Q, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, 0);
            program.must("mmap", Q + P, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, again, P);
            areAreas(2, program, Q, 2);
            program.must("mmap", Q + P, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, 2 * P);
            areAreas(2, program, Q, 2);
            program.must("mmap", Q + P, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, P);
            areAreas(1, program, Q, 2);
        });
    }

    @Test
    void anAreaThatIsPreparedStaysAsItIs() {
        run(program -> {
            at(program, Q, 2, RW);
            program.store(Q, 'a');
            program.must("madvise", Q + P, P, Mman.MADV_RANDOM);
            areas(program, Q, 1).getFirst().anonVmaPrepare();
            program.must("madvise", Q + P, P, Mman.MADV_NORMAL);
            areAreas(1, program, Q, 2);
        });
    }

    /// A child's area has pages of its parent too: what is new beside it stays apart.
    @Test
    void whatAChildHasFromItsParentStaysApart() {
        run(program -> {
            at(program, Q + P, 1, RW);
            program.store(Q + P, 'a');
            at(program, Q + 8 * P, 1, RW); // never written
            Sandbox.Program child = program.fork();
            at(child, Q, 1, RW);
            at(child, Q + 2 * P, 1, RW);
            areAreas(3, child, Q, 3);
            child.store(Q, 'b');
            child.store(Q + 2 * P, 'b');
            child.must("mprotect", Q + P, P, RWX);
            child.must("mprotect", Q + P, P, RW);
            areAreas(3, child, Q, 3);
            at(child, Q + 9 * P, 1, RW);
            areAreas(1, child, Q + 8 * P, 2);
            child.exit(0);
            at(program, Q + 2 * P, 1, RW);
            areAreas(1, program, Q + P, 2);
        });
    }

    @Test
    void anAreaThatAChildFindsEmptyIsNew() {
        run(program -> {
            at(program, Q, 1, RW);
            program.store(Q, 'a');
            program.must("madvise", Q, P, Mman.MADV_WIPEONFORK);
            Sandbox.Program child = program.fork();
            at(child, Q + P, 1, RW);
            child.must("madvise", Q + P, P, Mman.MADV_WIPEONFORK);
            areAreas(1, child, Q, 2);
            child.exit(0);
        });
    }

    @Test
    void memoryOfDevicesIsNeverOneArea() {
        run(program -> {
            for (String device : List.of("/dev/frames", "/dev/registers")) {
                int fd = program.open(device, 0);
                at(program, Q, 2, RW);
                for (int page = 0; page < 2; page++) {
                    program.must("mmap", Q + page * P, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, page * P);
                }
                areAreas(2, program, Q, 2);
            }
        });
    }

    @Test
    void memoryThatMayBeWrittenIsAccountedForOnceAndOnlyIfItIsOneProgramsAlone() {
        run(program -> {
            program.open("/mnt/f", 0);
            file(program, Q, 2, RW, Mman.MAP_SHARED, 0);
            program.must("mprotect", Q, P, Mman.PROT_READ);
            program.must("mprotect", Q, P, RW);
            areAreas(1, program, Q, 2);
            at(program, Q + 8 * P, 2, RW);
            program.must("mprotect", Q + 8 * P, P, RWX);
            program.must("mprotect", Q + 8 * P, P, RW);
            areAreas(1, program, Q + 8 * P, 2);
            file(program, Q + 16 * P, 2, Mman.PROT_READ, Mman.MAP_PRIVATE, 0);
            program.must("mprotect", Q + 16 * P, P, RW);
            program.must("mprotect", Q + 16 * P, P, Mman.PROT_READ);
            areAreas(2, program, Q + 16 * P, 2);
        });
    }

    // ---- what moves ----

    @Test
    void whatMovesToAFixedPlaceMayGrowOrShrinkThere() {
        run(program -> {
            at(program, Q, 4, RW);
            at(program, Q + 8 * P, 4, RW);
            program.fill(Q, 1, 'a');
            program.store(Q + 2 * P, 'c');
            program.store(Q + 9 * P, 'x');
            assertEquals(Q + 8 * P, program.must("mremap", Q, P, 2 * P, MOVE, Q + 8 * P));
            assertEquals('a', program.load(Q + 8 * P));
            assertEquals(0, program.load(Q + 9 * P));
            areAreas(0, program, Q, 1);
            assertEquals(Q + 10 * P, program.must("mremap", Q + 2 * P, 2 * P, P, MOVE, Q + 10 * P));
            assertEquals('c', program.load(Q + 10 * P));
            areAreas(0, program, Q + 2 * P, 2);
            assertEquals(4 * P, areas(program, Q + 8 * P, 8).stream().mapToLong(vma -> vma.end() - vma.start()).sum());
        });
    }

    @Test
    void memoryThatMovesWithoutGoingAwayGoesWhereThereIsRoom() {
        run(program -> {
            at(program, Q, 1, RW);
            program.store(Q, 'a');
            assertEquals(Q + 4 * P, program.must("mremap", Q, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_DONTUNMAP, Q + 4 * P));
            assertEquals('a', program.load(Q + 4 * P));
            assertEquals(0, program.load(Q));
            program.store(Q, 'b');
            long other = program.must("mremap", Q, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_DONTUNMAP, Q + 4 * P);
            assertTrue(other != Q + 4 * P && other != Q);
            assertEquals('b', program.load(program.must("mremap", other, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_DONTUNMAP, 0)));
            areAreas(0, program, 0, 1);
            program.store(other, 'b');
            assertEquals('a', program.load(Q + 4 * P));
            assertEquals('b', program.load(other));
        });
    }

    /// An area that gave all of its pages away is as new; one that gave a part of them away is not.
    @Test
    void whatStaysBehindRemembersThePagesThatItHas() {
        for (int moved = 0; moved < 3; moved++) {
            int which = moved;
            run(program -> {
                at(program, Q, 2, RW);
                program.store(Q, 'a');
                program.store(Q + P, 'b');
                program.must("mremap", Q + which % 2 * P, which == 2 ? 2 * P : P, which == 2 ? 2 * P : P, KEEP, Q + 8 * P);
                Sandbox.Program child = program.fork();
                assertEquals(which == 1 ? 'a' : 0, child.load(Q));
                assertEquals(which == 0 ? 'b' : 0, child.load(Q + P));
                child.exit(0);
                assertEquals(which < 2, areas(program, Q, 2).getFirst().hasAnonVma());
            });
        }
    }

    /// Memory that was never written, and comes to lie beside itself and memory that was: all of it is one area, which has
    /// pages.
    @Test
    void whatIsOneWithWhatStaysBehindKeepsItsPages() {
        run(program -> {
            at(program, Q, 1, RW);
            program.store(Q, 'a');
            at(program, Q + 2 * P, 1, RW);
            program.must("mremap", Q + 2 * P, P, P, KEEP, Q + P);
            areAreas(1, program, Q, 3);
            Sandbox.Program child = program.fork();
            assertEquals('a', child.load(Q));
            child.exit(0);
        });
    }

    @Test
    void lengthsThatThereAreNotAreRefused() {
        run(program -> {
            at(program, Q, 2, RW);
            for (long length : new long[] {-P, -1, Long.MIN_VALUE, 1L << 47, Mm.TASK_SIZE + P}) {
                for (int flags : new int[] {0, Mman.MREMAP_MAYMOVE, MOVE}) {
                    fails(Errno.EINVAL, program.call("mremap", Q, length, P, flags, Q + 8 * P));
                }
            }
            areAreas(1, program, Q, 2);
        });
    }

    @Test
    void nothingGrowsBeyondTheEndOfTheAddressSpace() {
        run(program -> {
            long last = at(program, Mm.TASK_SIZE - P, 1, RW);
            fails(Errno.ENOMEM, program.call("mremap", last, P, 2 * P, 0, 0));
        });
    }

    @Test
    void lockedMemoryThatCannotGrowStaysAsItIs() {
        run(program -> {
            at(program, Q, 2, RW);
            program.must("mlock", Q, P);
            fails(Errno.ENOMEM, program.call("mremap", Q, P, 2 * P, 0, 0));
        });
    }

    @Test
    void memoryOfDevicesDoesNotStayBehind() {
        run(program -> {
            for (String device : List.of("/dev/frames", "/dev/registers")) {
                at(program, Q, 1, RW);
                program.must("mmap", Q + P, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, program.open(device, 0), 0);
                fails(Errno.EINVAL, program.call("mremap", Q, 2 * P, 2 * P, KEEP, Q + 8 * P));
                fails(Errno.EFAULT, program.call("mremap", Q + P, P, 2 * P, Mman.MREMAP_MAYMOVE, 0));
                assertEquals(Q + 8 * P, program.must("mremap", Q, 2 * P, 2 * P, MOVE, Q + 8 * P));
                areAreas(0, program, Q, 2);
                assertEquals(0, program.must("munmap", Q + 8 * P, 2 * P));
            }
        });
    }
}
