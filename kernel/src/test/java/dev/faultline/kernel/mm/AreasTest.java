package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The areas of an address space: which of them are one, and what they remember when they move.
class AreasTest {
    private static final long P = 4096;
    private static final long Q = 1L << 40;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int RWX = RW | Mman.PROT_EXEC;
    private static final int MOVE = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;
    private static final int KEEP = MOVE | Mman.MREMAP_DONTUNMAP;

    private static void run(Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 8 * P, 'a').device("/dev/frames", VmFlag.PFNMAP).device("/dev/registers", VmFlag.IO);
        assertEquals(List.of(), sandbox.run(() -> body.accept(sandbox.program(1))));
    }

    private static void fails(Errno errno, SysResult result) {
        assertEquals(SysResult.err(errno), result);
    }

    private static long at(Sandbox.Program program, long address, long pages, int protection) {
        return program.must("mmap", address, pages * P, protection, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
    }

    private static long file(Sandbox.Program program, long address, long pages, int protection, int sort, long index) {
        return program.must("mmap", address, pages * P, protection, sort | Mman.MAP_FIXED, 3, index * P);
    }

    private static List<Vma> areas(Sandbox.Program program, long from, long pages) {
        program.mm().mmapLock().downRead();
        List<Vma> areas = program.mm().areas(from, from + pages * P);
        program.mm().mmapLock().upRead();
        return areas;
    }

    private static void areAreas(int number, Sandbox.Program program, long from, long pages) {
        assertEquals(number, areas(program, from, pages).size());
    }

    private static Pte entry(Sandbox.Program program, long address) {
        return program.mm().slot(address).peek();
    }

    private static Pte.Present present(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, entry(program, address));
    }

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

    // ---- protection ----

    /// As Linux 6.18 answered: everything up to the hole is changed.
    @Test
    void aRangeOfHalfOfAllAddressesIsOneToo() {
        run(program -> {
            at(program, Q, 2, RW);
            fails(Errno.ENOMEM, program.call("mprotect", Q, Long.MIN_VALUE, Mman.PROT_READ));
            fails(Errno.EINVAL, program.call("madvise", Q + P, P, Mman.MADV_POPULATE_WRITE));
        });
    }

    @Test
    void whatCanBeExecutedCanBeRead() {
        run(program -> {
            at(program, Q, 1, RW);
            program.store(Q, 'a');
            program.must("mprotect", Q, P, Mman.PROT_EXEC);
            assertEquals('a', program.load(Q));
            assertThrows(SignalRaised.class, () -> program.store(Q, 'b'));
        });
    }

    /// An entry that a driver made read-only, where the area may be written.
    @Test
    void memoryOfADeviceIsMadeWritableInItsPlace() {
        run(program -> {
            program.must("mmap", Q, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, program.open("/dev/frames", 0), 0);
            Pte.Present entry = present(program, Q);
            program.mm().slot(Q).replace(entry, entry.without(Pte.Present.WRITE | Pte.Present.DIRTY));
            program.store(Q, 'd');
            assertTrue(present(program, Q).writable() && present(program, Q).special());
            assertEquals(entry.folio(), present(program, Q).folio());
        });
    }

    // ---- faulting in ----

    @Test
    void aSharedMappingIsFilledForReading() {
        run(program -> {
            program.open("/mnt/f", 0);
            file(program, Q, 1, RW, Mman.MAP_SHARED | Mman.MAP_POPULATE, 0);
            assertFalse(present(program, Q).dirty());
            file(program, Q, 1, RW, Mman.MAP_PRIVATE | Mman.MAP_POPULATE, 0);
            assertTrue(present(program, Q).isAnonymous());
        });
    }

    @Test
    void lockingGoesOnBehindMemoryOfADevice() {
        run(program -> {
            for (String device : List.of("/dev/frames", "/dev/registers")) {
                at(program, Q, 3, RW);
                program.must("mmap", Q + P, P, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, program.open(device, 0), 0);
                program.must("mmap", Q + 3 * P, P, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED, program.open(device, 0), 0);
                program.must("mprotect", Q + 3 * P, P, Mman.PROT_READ);
                program.must("mprotect", Q + 3 * P, P, RW);
                assertEquals(0, program.must("mlock", Q, 4 * P));
                present(program, Q + 2 * P);
                assertTrue(present(program, Q + 3 * P).special());
                assertEquals(List.of(true, false, true, false), areas(program, Q, 4).stream().map(vma -> vma.has(VmFlag.LOCKED)).toList());
                program.must("munlock", Q, 4 * P);
            }
        });
    }

    @Test
    void whatCannotBeWrittenIsNotFaultedInForWriting() {
        run(program -> {
            at(program, Q, 1, RW);
            program.store(Q, 'a');
            assertEquals(0, program.faultIn().faultInWriteable(Q, P));
            assertEquals(0, program.load(Q)); // one byte of each page is overwritten
            assertEquals(P, program.faultIn().faultInWriteable(Q, 2 * P));
            assertEquals(P, program.faultIn().faultInWriteable(Q + P, P));
            assertEquals(P, program.faultIn().faultInSafeWriteable(program.mm(), Q, 2 * P));
            program.open("/mnt/f", 0);
            file(program, Q + 8 * P, 2, RW, Mman.MAP_SHARED, 7);
            assertEquals(P, program.faultIn().faultInSafeWriteable(program.mm(), Q + 8 * P, 2 * P)); // behind the end
        });
    }

    @Test
    void aFaultByHandNeedsThePermissionOfAnAccess() {
        run(program -> {
            at(program, Q, 1, Mman.PROT_READ);
            at(program, Q + P, 1, Mman.PROT_WRITE);
            Mm mm = program.mm();
            Gup gup = program.gup();
            mm.mmapLock().downRead();
            assertEquals(Optional.of(Errno.EFAULT), gup.fixupUserFault(mm, Q, true));
            assertEquals(Optional.empty(), gup.fixupUserFault(mm, Q, false));
            assertEquals(Optional.of(Errno.EFAULT), gup.fixupUserFault(mm, Q + P, false));
            assertEquals(Optional.empty(), gup.fixupUserFault(mm, Q + P, true));
            assertEquals(Optional.of(Errno.EFAULT), gup.fixupUserFault(mm, Q + 2 * P, false));
            mm.mmapLock().upRead();
            assertTrue(present(program, Q).folio().isZeroPage());
            assertTrue(present(program, Q + P).dirty());
        });
    }

    @Test
    void aCallThatWalksMoreThanATableHasIsNotModelled() {
        run(program -> {
            assertThrows(NotModelled.class, () -> program.mm().walk(Q, Q + (PageTable.ENTRIES + 1) * P));
            at(program, Q, PageTable.ENTRIES, RW);
            assertEquals(0, program.must("madvise", Q, PageTable.ENTRIES * P, Mman.MADV_PAGEOUT));
        });
        Sandbox sandbox = Sandbox.huge(Thp.MADVISE);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            at(program, Q, 2 * PageTable.ENTRIES, RW);
            assertEquals(0, program.must("madvise", Q, 2 * PageTable.ENTRIES * P, Mman.MADV_PAGEOUT));
        }));
    }

    // ---- where pages are looked for ----

    @Test
    void aPageIsLookedForWhereItMayBeAndNowhereElse() {
        run(program -> {
            at(program, Q, 4, RW);
            program.store(Q + P, 'a');
            program.store(Q + 2 * P, 'b');
            program.must("mprotect", Q, P, Mman.PROT_READ);
            program.must("mprotect", Q + 3 * P, P, Mman.PROT_READ);
            at(program, Q + 16 * P, 1, RW);
            program.store(Q + 16 * P, 'c');
            Mm mm = program.mm();
            Pte.Present a = present(program, Q + P);
            assertEquals(List.of(Q + P), mm.addressesOf(a.folio()));
            mm.slot(Q + 32 * P).replace(Pte.NONE, a); // an area that is on its way out
            assertEquals(List.of(Q + 32 * P, Q + P), mm.addressesOf(a.folio()));
            assertEquals(List.of(mm.slot(Q + P), mm.slot(Q + 32 * P)), mm.slotsOf(a.folio()));
            Pte.Migration moving = new Pte.Migration(a);
            mm.slot(Q + 32 * P).replace(a, moving);
            assertEquals(List.of(mm.slot(Q + P), mm.slot(Q + 32 * P)), mm.slotsOf(a.folio()));
            assertEquals(List.of(mm.slot(Q + 2 * P)), mm.slotsOf(present(program, Q + 2 * P).folio()));
            mm.slot(Q + 32 * P).replace(moving, Pte.NONE);
        });
    }

    @Test
    void areasOfAFileCountAsTheFileDoes() {
        run(program -> {
            program.open("/mnt/f", 0);
            file(program, Q, 3, RW, Mman.MAP_PRIVATE, 2);
            Vma vma = areas(program, Q, 1).getFirst();
            assertEquals(2, vma.firstIndex());
            assertEquals(3, vma.linearPageIndex(Q + P));
            assertEquals(List.of(-1L, Q, Q + 2 * P, -1L),
                    List.of(vma.addressOf(1), vma.addressOf(2), vma.addressOf(4), vma.addressOf(5)));
            Mapping mapping = vma.file().orElseThrow().mapping();
            assertEquals(List.of(vma), mapping.peekAreas());
            program.must("munmap", Q, 3 * P);
            assertEquals(List.of(), mapping.peekAreas());
        });
    }

    /// What was locked for a change is not locked any more when the call is over, whichever way it gave its locks up.
    @Test
    void afterACallAreasCanBeLockedAgain() {
        run(program -> {
            at(program, Q, 4, RW);
            for (int round = 0; round < 2; round++) {
                if (round == 0) {
                    program.must("munmap", Q + P, P);
                } else {
                    program.must("mprotect", Q, P, Mman.PROT_READ);
                }
                VmaLocks locks = program.mm().vmaLocks();
                for (long address : new long[] {Q, Q + 2 * P}) {
                    Vma vma = locks.lockVmaUnderRcu(address).orElseThrow();
                    locks.endRead(vma, address);
                }
            }
        });
    }

    /// A system call that returned with it would be told so.
    @Test
    void theLockOfAnAreaIsHeldByWhoFoundTheArea() {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(1, sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            at(program, Q, 1, RW);
            VmaLocks locks = program.mm().vmaLocks();
            Vma vma = locks.lockVmaUnderRcu(Q).orElseThrow();
            locks.endRead(vma, Q);
            program.must("sched_yield");
            assertEquals(List.of(), sandbox.machine().findings());
            locks.lockVmaUnderRcu(Q);
            program.call("sched_yield");
        }).size());
        assertThrows(AssertionError.class, () -> run(program -> {
            at(program, Q, 1, RW);
            program.mm().vmaLocks().endRead(areas(program, Q, 1).getFirst(), Q);
        }));
    }

    /// Which places of the address space a change of an area touches, for the explorer: one page in 64, or all.
    @Test
    void aChangeOfAnAreaTouchesAllOfItsPages() {
        run(program -> {
            for (int pages : new int[] {1, 63, 64, 200}) {
                Mm mm = program.mm();
                at(program, Q, pages, RW);
                mm.mmapLock().downWrite();
                mm.vmaLocks().startWrite(mm.vmaLookup(Q).orElseThrow());
                assertEquals(Math.min(pages, 64), Long.bitCount(mm.machine().current().mask()));
                mm.writeUnlock();
            }
        });
    }

    /// Loops that come to the same state again are found to get nowhere.
    @Test
    void anotherAreaIsAnotherState() {
        run(program -> {
            at(program, Q, 1, RW);
            Vma vma = areas(program, Q, 1).getFirst();
            String before = key(program);
            vma.anonVmaPrepare();
            String prepared = key(program);
            assertNotEquals(before, prepared);
            vma.unlinkAnonVmas();
            assertNotEquals(prepared, key(program));
            program.mm().mmapLock().downWrite();
            String locked = key(program);
            program.mm().vmaLocks().startWriteNew(vma);
            assertNotEquals(locked, key(program));
            program.mm().writeUnlock();
        });
    }

    private static String key(Sandbox.Program program) {
        return program.mm().machine().stateKey().toString();
    }

    @Test
    void whereThereAreNoHugePagesNoneAreMade() {
        run(program -> {
            at(program, Q, 2 * Thp.PAGES, RW);
            program.call("madvise", Q, 2 * Thp.BYTES, Mman.MADV_HUGEPAGE);
            assertEquals(List.of(), Collapse.ranges(areas(program, Q, 1).getFirst(), 8));
        });
    }

    @Test
    void aHugePageIsSplitWhereAnAreaBeginsOrEnds() {
        for (boolean front : new boolean[] {true, false}) {
            Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
            assertEquals(List.of(), sandbox.run(() -> {
                Sandbox.Program program = sandbox.program(1);
                at(program, Q, Thp.PAGES, RW);
                program.store(Q, 'a');
                assertTrue(program.mm().pmd(Q).orElseThrow().isHuge());
                program.must("madvise", front ? Q : Q + P, front ? P : Thp.BYTES - P, Mman.MADV_RANDOM);
                assertFalse(program.mm().pmd(Q).orElseThrow().isHuge());
                assertEquals('a', program.load(Q));
            }));
        }
    }

    @Test
    void aHugePageIsSplitWhereItMovesOutOfStep() {
        Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            at(program, Q, Thp.PAGES, RW);
            program.store(Q + 5 * P, 'a');
            program.must("mremap", Q, Thp.BYTES, Thp.BYTES, MOVE, Q + 3 * Thp.BYTES);
            assertTrue(program.mm().pmd(Q + 3 * Thp.BYTES).orElseThrow().isHuge());
            program.must("mremap", Q + 3 * Thp.BYTES, Thp.BYTES, Thp.BYTES, MOVE, Q + P);
            assertEquals('a', program.load(Q + 6 * P));
            assertFalse(program.mm().pmd(Q).orElseThrow().isHuge());
        }));
    }

    private static void withAHugePageOfAFile(Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.hugeTmpfs().file("/mnt/f", Thp.BYTES, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            program.open("/mnt/f", 0);
            file(program, Q, Thp.PAGES, RW, Mman.MAP_SHARED, 0);
            program.store(Q + P, 'b');
            assertTrue(isHuge(program, Q));
            body.accept(program);
        }));
    }

    private static boolean isHuge(Sandbox.Program program, long address) {
        return program.mm().pmd(address).orElseThrow().isHuge();
    }

    @Test
    void whatIsMappedOnceMoreStaysAsItIs() {
        withAHugePageOfAFile(program -> {
            assertEquals(Q + 2 * Thp.BYTES, program.must("mremap", Q + P, 0, P, MOVE, Q + 2 * Thp.BYTES));
            assertTrue(isHuge(program, Q));
            areAreas(1, program, Q, Thp.PAGES);
            assertEquals('b', program.load(Q + 2 * Thp.BYTES));
        });
    }

    /// A fault finds the page in the cache.
    @Test
    void aHugePageOfAFileIsNotCopiedForAChild() {
        withAHugePageOfAFile(program -> {
            file(program, Q + 4 * Thp.BYTES, Thp.PAGES, RW, Mman.MAP_PRIVATE, 0);
            program.load(Q + 4 * Thp.BYTES);
            program.store(Q + 4 * Thp.BYTES, 'c');
            file(program, Q + 8 * Thp.BYTES, 2 * Thp.PAGES, RW, Mman.MAP_PRIVATE, 0);
            program.load(Q + 8 * Thp.BYTES);
            program.must("mprotect", Q + 9 * Thp.BYTES, Thp.BYTES, Mman.PROT_READ);
            Sandbox.Program child = program.fork();
            assertFalse(isHuge(child, Q));
            assertEquals('c', child.load(Q + 4 * Thp.BYTES));
            assertEquals('b', child.load(Q + 4 * Thp.BYTES + P));
            assertEquals('b', child.load(Q + P));
            child.exit(0);
        });
    }

    @Test
    void aHugePageOfAFileIsMappedAsOneOnlyWhereAllOfItLiesAsInTheFile() {
        withAHugePageOfAFile(program -> {
            file(program, Q + 4 * Thp.BYTES, Thp.PAGES - 1, RW, Mman.MAP_SHARED, 0);
            file(program, Q + 6 * Thp.BYTES + P, Thp.PAGES - 1, RW, Mman.MAP_SHARED, 1);
            file(program, Q + 8 * Thp.BYTES, Thp.PAGES, RW, Mman.MAP_SHARED, 1);
            for (int place : new int[] {4, 6, 8}) {
                assertEquals('a', program.load(Q + place * Thp.BYTES + 2 * P));
                assertFalse(isHuge(program, Q + place * Thp.BYTES));
            }
        });
    }
}
