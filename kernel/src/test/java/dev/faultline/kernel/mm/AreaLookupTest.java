package dev.faultline.kernel.mm;

import static dev.faultline.kernel.mm.Layout.P;
import static dev.faultline.kernel.mm.Layout.Q;
import static dev.faultline.kernel.mm.Layout.RW;
import static dev.faultline.kernel.mm.Layout.areas;
import static dev.faultline.kernel.mm.Layout.at;
import static dev.faultline.kernel.mm.Layout.file;
import static dev.faultline.kernel.mm.Layout.present;
import static dev.faultline.kernel.mm.Layout.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Mman;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Where pages of an area are looked for, who holds its lock, and what the explorer is told of it.
class AreaLookupTest {
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
}
