package dev.faultline.kernel.mm;

import static dev.faultline.kernel.mm.Layout.P;
import static dev.faultline.kernel.mm.Layout.Q;
import static dev.faultline.kernel.mm.Layout.RW;
import static dev.faultline.kernel.mm.Layout.areas;
import static dev.faultline.kernel.mm.Layout.at;
import static dev.faultline.kernel.mm.Layout.fails;
import static dev.faultline.kernel.mm.Layout.file;
import static dev.faultline.kernel.mm.Layout.present;
import static dev.faultline.kernel.mm.Layout.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.machine.task.NotModelled;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What areas permit, and what is faulted in there before anybody asks.
class AreaAccessTest {
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
}
