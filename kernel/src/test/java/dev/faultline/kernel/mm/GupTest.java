package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// What get_user_pages gives, and what it refuses. All results are those of v6.18.
class GupTest {
    private static final long P = 4096;

    private interface Body {
        void run(Sandbox.Program program);
    }

    private static void run(Sandbox sandbox, Body body) {
        assertEquals(List.of(), sandbox.run(() -> body.run(sandbox.program(1))));
    }

    private static long privately(Sandbox.Program program, int fd) {
        return program.must("mmap", 0, P, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_PRIVATE, fd, 0);
    }

    /// {@return how many pages there are of that many, or the error} Gives them back.
    private static Object pages(Sandbox.Program program, long address, int count, GupFlag... flags) {
        EnumSet<GupFlag> set = EnumSet.noneOf(GupFlag.class);
        set.addAll(List.of(flags));
        return counted(program.gup().getUserPagesFast(address, count, set), set);
    }

    private static Object withoutWaiting(Sandbox.Program program, long address, int count, GupFlag... flags) {
        EnumSet<GupFlag> set = EnumSet.of(GupFlag.NOWAIT, GupFlag.UNLOCKABLE);
        set.addAll(List.of(flags));
        Mm mm = program.mm();
        mm.mmapLock().downRead();
        GupResult result = program.gup().getUserPagesRemote(mm, address, count, set);
        mm.mmapLock().upRead(); // fails if it was given up in between
        return counted(result, set);
    }

    private static Object counted(GupResult result, EnumSet<GupFlag> flags) {
        return switch (result) {
            case GupResult.Failed(Errno errno) -> errno;
            case GupResult.Pages(List<Folio> folios) -> {
                folios.stream().filter(folio -> !folio.isZeroPage() || !flags.contains(GupFlag.PIN))
                        .forEach((flags.contains(GupFlag.PIN) ? FolioHold.PIN : FolioHold.REFERENCE)::release);
                yield folios.size();
            }
        };
    }

    @Test
    void aShortCountTellsWhereThePagesEnd() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(3 * P);
            program.must("munmap", p + 2 * P, P);
            assertEquals(2, pages(program, p, 3, GupFlag.PIN, GupFlag.WRITE));
            assertEquals(Errno.EFAULT, pages(program, p + 2 * P, 1, GupFlag.PIN));
            assertEquals(0, pages(program, p + 2 * P, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
        });
    }

    @Test
    void withoutFaultsOnlyWhatIsThereIsGiven() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(2 * P);
            assertEquals(Errno.EFAULT, pages(program, p, 2, GupFlag.PIN, GupFlag.NOFAULT));
            assertEquals(0, program.load(p));
            assertEquals(0, pages(program, p, 2, GupFlag.PIN, GupFlag.FAST_ONLY)); // the page of zeroes
            assertEquals(1, pages(program, p, 2, GupFlag.PIN, GupFlag.NOFAULT));
            assertEquals(Errno.EFAULT, pages(program, p, 2, GupFlag.PIN, GupFlag.NOFAULT, GupFlag.WRITE));
        });
    }

    @Test
    void aLongtermPinMayNotWriteToAFileThatMustKnowWhatIsDirty() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), P);
            program.store(p, 'b');
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.WRITE));
            assertEquals(Errno.EFAULT, pages(program, p, 1, GupFlag.PIN, GupFlag.WRITE, GupFlag.LONGTERM));
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.LONGTERM));
        });
        run(Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), P);
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.WRITE, GupFlag.LONGTERM));
        });
    }

    @Test
    void aLongtermPinOfAPrivateMappingGetsAPageOfItsOwn() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = privately(program, program.open("/mnt/f", 0));
            assertEquals('a', program.load(p));
            assertEquals(1, pages(program, p, 1, GupFlag.PIN));
            assertFalse(present(program, p).isAnonymous());
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.LONGTERM));
            assertTrue(present(program, p).isAnonymous());
            assertEquals('a', program.load(p));
        });
    }

    private static Pte.Present present(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, program.mm().slot(address).peek());
    }

    @Test
    void aPageThatIsLockedIsNotWaitedFor() {
        run(Sandbox.ext4().file("/mnt/f", 2 * P, 'a'), program -> {
            int fd = program.open("/mnt/f", 0);
            long p = program.shared(fd, 2 * P);
            program.load(p);
            program.load(p + P);
            Folio second = present(program, p + P).folio();
            program.must("munmap", p, 2 * P);
            p = program.shared(fd, 2 * P);
            second.lock().lock();
            assertEquals(1, withoutWaiting(program, p, 2, GupFlag.PIN));
            assertEquals(0, withoutWaiting(program, p + P, 1, GupFlag.PIN));
            second.lock().unlock();
            assertEquals(2, withoutWaiting(program, p, 2, GupFlag.PIN));
        });
    }

    @Test
    void withoutWaitingFaultsAreHandledAllTheSame() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(2 * P);
            program.must("munmap", p + P, P);
            assertEquals(1, withoutWaiting(program, p, 1, GupFlag.PIN, GupFlag.WRITE));
            assertEquals(Errno.EFAULT, withoutWaiting(program, p + P, 1, GupFlag.PIN));
        });
    }

    @Test
    void whileAForkGoesOnAPinTakesTheSlowWayAndAReferenceDoesNot() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.store(p, 'a');
            program.mm().writeProtectSeq().addAndGet(1);
            assertEquals(0, pages(program, p, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
            assertEquals(1, pages(program, p, 1, GupFlag.FAST_ONLY));
            assertEquals(1, pages(program, p, 1, GupFlag.PIN));
            program.mm().writeProtectSeq().addAndGet(1);
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
        });
    }

    @Test
    void aLongtermPinThatOnlyReadsTakesAPageOfAFileThatIsNotThereYet() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), P);
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.LONGTERM));
            program.must("madvise", p, P, Mman.MADV_DONTNEED);
            assertEquals(Errno.EFAULT, pages(program, p, 1, GupFlag.PIN, GupFlag.LONGTERM, GupFlag.WRITE));
        });
        run(Sandbox.ext4(), program -> assertEquals(1,
                pages(program, program.anonymous(P), 1, GupFlag.PIN, GupFlag.LONGTERM, GupFlag.WRITE)));
    }

    @Test
    void thePageOfZeroesIsNotPinned() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.load(p);
            Folio zeroes = present(program, p).folio();
            int before = zeroes.peekReferenceCount();
            assertEquals(1, pages(program, p, 1, GupFlag.PIN));
            assertEquals(before, zeroes.peekReferenceCount());
            FolioHold.PIN.release(zeroes);
            assertEquals(before, zeroes.peekReferenceCount());
            assertEquals(1, pages(program, p, 1));
            assertEquals(before, zeroes.peekReferenceCount());
        });
    }

    @Test
    void pagesThatMayBePinnedStayWithWhoPinnedThem() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.store(p, 'a');
            GupResult.Pages pinned = assertInstanceOf(GupResult.Pages.class,
                    program.gup().getUserPagesFast(p, 1, EnumSet.of(GupFlag.PIN, GupFlag.WRITE)));
            Sandbox.Program child = program.fork();
            assertTrue(present(program, p).writable());
            program.store(p, 'b');
            assertEquals(pinned.folios().getFirst(), present(program, p).folio());
            assertEquals('a', child.load(p));
            child.exit(0);
            pinned.folios().forEach(FolioHold.PIN::release);
        });
    }

    @Test
    void noPagesAreOutsideOfTheAddressSpace() {
        run(Sandbox.ext4(), program -> {
            assertEquals(Errno.EFAULT, pages(program, Mm.TASK_SIZE, 1, GupFlag.PIN));
            assertEquals(Errno.EFAULT, pages(program, -P, 1, GupFlag.PIN));
            assertEquals(2 * P, program.faultIn().faultInReadable(Mm.TASK_SIZE, 2 * P));
            assertEquals(2 * P, program.faultIn().faultInWriteable(Mm.TASK_SIZE, 2 * P));
            assertEquals(2 * P, program.faultIn().faultInSafeWriteable(program.mm(), Mm.TASK_SIZE, 2 * P));
            assertEquals(2 * P, program.faultIn().faultInSafeWriteable(program.mm(), -P, 2 * P));
            assertEquals(0, program.access().readable(Mm.TASK_SIZE, 1));
            assertEquals(0, program.access().readable(-1, 1));
        });
    }

    @Test
    void whoseAddressIsNoneIsToldSoAtOnce() {
        run(Sandbox.ext4(), program -> {
            assertEquals(Errno.EFAULT, pages(program, Mm.TASK_SIZE, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
            assertEquals(Errno.EFAULT, pages(program, -P, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
        });
    }

    @Test
    void theLocklessWalkEndsAtThePageThatIsMissing() {
        for (Thp thp : Thp.values()) {
            run(Sandbox.huge(thp), program -> {
                long p = program.anonymous(3 * P);
                program.store(p, 'a');
                program.store(p + 2 * P, 'b');
                assertEquals(1, pages(program, p, 3, GupFlag.PIN, GupFlag.FAST_ONLY));
                assertEquals(0, pages(program, p + P, 2, GupFlag.PIN, GupFlag.FAST_ONLY));
                program.mm().mmapLock().downWrite();
                assertEquals(1, pages(program, p, 1, GupFlag.PIN)); // takes no lock
                program.mm().mmapLock().upWrite();
            });
        }
    }

    @Test
    void theLocklessWalkTakesOnlyWhatAnAccessCouldUseAndAForkLeaves() {
        for (Thp thp : Thp.values()) {
            run(Sandbox.huge(thp).file("/mnt/f", P, 'a'), program -> {
                long p = program.anonymous(2 * Thp.BYTES);
                program.store(p, 'a');
                assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.WRITE, GupFlag.LONGTERM));
                program.must("mprotect", p, 2 * Thp.BYTES, Mman.PROT_READ);
                assertEquals(0, pages(program, p, 1, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.WRITE));
                assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
                Sandbox.Program child = program.fork();
                assertEquals(0, pages(program, p, 1, GupFlag.PIN, GupFlag.FAST_ONLY)); // shared: a copy has to be made first
                assertEquals(1, pages(program, p, 1, GupFlag.FAST_ONLY));
                child.exit(0);
                program.load(p + Thp.BYTES); // a page of zeroes
                assertEquals(0, pages(program, p + Thp.BYTES, 1, GupFlag.PIN, GupFlag.FAST_ONLY));
                long file = program.shared(program.open("/mnt/f", 0), P);
                program.store(file, 'b');
                assertEquals(1, pages(program, file, 1, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.WRITE));
                assertEquals(0, pages(program, file, 1, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.WRITE, GupFlag.LONGTERM));
                assertEquals(1, pages(program, file, 1, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.LONGTERM));
            });
        }
    }

    @Test
    void forceReadsAndWritesPrivatelyWhatTheProgramMayNot() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            int fd = program.open("/mnt/f", 0);
            long mine = privately(program, fd);
            long shared = program.shared(fd, P);
            program.must("mprotect", mine, P, Mman.PROT_NONE);
            program.must("mprotect", shared, P, Mman.PROT_READ);
            assertEquals(Errno.EFAULT, pages(program, mine, 1));
            assertEquals(1, pages(program, mine, 1, GupFlag.FORCE));
            program.must("mprotect", mine, P, Mman.PROT_READ);
            assertEquals(Errno.EFAULT, pages(program, mine, 1, GupFlag.WRITE));
            assertEquals(1, pages(program, mine, 1, GupFlag.WRITE, GupFlag.FORCE));
            assertTrue(present(program, mine).isAnonymous());
            assertEquals(Errno.EFAULT, pages(program, shared, 1, GupFlag.WRITE, GupFlag.FORCE));
            assertEquals(1, pages(program, shared, 1, GupFlag.FORCE));
        });
    }

    @Test
    void whoWantsAnonymousMemoryGetsNoOther() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            assertEquals(Errno.EFAULT, pages(program, program.shared(program.open("/mnt/f", 0), P), 1, GupFlag.ANON));
            assertEquals(1, pages(program, program.anonymous(P), 1, GupFlag.ANON));
        });
    }

    @Test
    void poisonIsToldToThoseWhoAskForIt() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.mm().slot(p).replace(Pte.NONE, Pte.Marker.POISONED);
            assertEquals(Errno.EFAULT, pages(program, p, 1));
            assertEquals(Errno.EHWPOISON, pages(program, p, 1, GupFlag.HWPOISON));
        });
    }

    /// The lock is given up for the device only where the caller says that it may be.
    @Test
    void whoDoesNotAllowItKeepsTheLockWhileAPageIsRead() {
        TwoSwitches.once(order -> {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'a');
            List<Sandbox.Program> programs = new ArrayList<>();
            long[] p = new long[1];
            boolean[] held = new boolean[1];
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                programs.add(sandbox.program(1));
                p[0] = programs.getFirst().shared(programs.getFirst().open("/mnt/f", 0), P);
            }, List.of(() -> {
                Gup gup = programs.getFirst().gup();
                Mm mm = programs.getFirst().mm();
                mm.mmapLock().downRead();
                held[0] = true;
                EnumSet<GupFlag> flags = EnumSet.of(GupFlag.PIN);
                assertTrue(List.of(1, Errno.EFAULT).contains(counted(gup.getUserPagesRemote(mm, p[0], 1, flags), flags)));
                held[0] = false;
                mm.mmapLock().upRead();
            }, () -> {
                programs.getFirst().must("munmap", p[0], P);
                assertFalse(held[0]);
            }), () -> { }), order::toString);
        });
    }

    @Test
    void whoDoesNotWaitKeepsTheLock() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), P);
            withoutWaiting(program, p, 1, GupFlag.PIN);
            assertEquals(1, withoutWaiting(program, p, 1, GupFlag.PIN));
        });
    }

    /// The page is locked when it is looked at, and free a moment later.
    @Test
    void whoDoesNotWaitTakesTheLockNoSecondTime() {
        TwoSwitches.twice(4, order -> {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", P, 'a');
            List<Sandbox.Program> programs = new ArrayList<>();
            long[] p = new long[1];
            Folio[] page = new Folio[1];
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                Sandbox.Program program = sandbox.program(1);
                programs.add(program);
                p[0] = program.shared(program.open("/mnt/f", 0), P);
                program.load(p[0]);
                page[0] = present(program, p[0]).folio();
                program.must("madvise", p[0], P, Mman.MADV_DONTNEED);
            }, List.of(() -> {
                page[0].lock().lock();
                page[0].lock().unlock();
            }, () -> {
                programs.getFirst().gup();
                withoutWaiting(programs.getFirst(), p[0], 1, GupFlag.PIN);
            }), () -> programs.getFirst().must("munmap", p[0], P)), order::toString);
        });
    }

    @Test
    void theLocklessWalkTakesAllThatIsThere() {
        for (Thp thp : Thp.values()) {
            run(Sandbox.huge(thp), program -> {
                long p = program.anonymous(3 * P);
                program.fill(p, 3, 'a');
                program.store(p + P, 'b');
                program.store(p + 2 * P, 'c');
                assertEquals(3, pages(program, p, 3, GupFlag.PIN, GupFlag.FAST_ONLY));
            });
        }
    }

    @Test
    void onlyTheAreaCanTellWhetherALongtermPinMayWriteToAHugePageOfAFile() {
        run(Sandbox.hugeTmpfs().file("/mnt/f", Thp.BYTES, 'a'), program -> {
            long p = program.must("mmap", 1L << 40, Thp.BYTES, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_SHARED | Mman.MAP_FIXED,
                    program.open("/mnt/f", 0), 0);
            program.store(p, 'b');
            assertTrue(program.mm().pmd(p).orElseThrow().isHuge());
            assertEquals(2, pages(program, p, 2, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.WRITE));
            assertEquals(2, pages(program, p, 2, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.LONGTERM));
            assertEquals(0, pages(program, p, 2, GupFlag.PIN, GupFlag.FAST_ONLY, GupFlag.WRITE, GupFlag.LONGTERM));
            assertEquals(2, pages(program, p, 2, GupFlag.PIN, GupFlag.WRITE, GupFlag.LONGTERM));
        });
    }

    @Test
    void aLongtermPinMayWriteToACopyOfAnyFile() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = privately(program, program.open("/mnt/f", 0));
            assertEquals(1, pages(program, p, 1, GupFlag.PIN, GupFlag.WRITE, GupFlag.LONGTERM));
            assertTrue(present(program, p).isAnonymous());
        });
    }

    @Test
    void whatLiesBehindTheEndOfAFileIsNotPoisoned() {
        run(Sandbox.ext4().file("/mnt/f", P, 'a'), program -> {
            long p = program.shared(program.open("/mnt/f", 0), 2 * P);
            assertEquals(Errno.EFAULT, pages(program, p + P, 1, GupFlag.HWPOISON));
            assertEquals(Errno.EFAULT, pages(program, p + P, 1));
        });
    }

    @Test
    void aWriteThatWasForcedIsNoPermission() {
        run(Sandbox.ext4(), program -> {
            long p = program.anonymous(P);
            program.store(p, 'a');
            Sandbox.Program child = program.fork();
            program.must("mprotect", p, P, Mman.PROT_READ);
            assertEquals(1, pages(program, p, 1, GupFlag.WRITE, GupFlag.FORCE));
            assertFalse(present(program, p).writable());
            assertThrows(SignalRaised.class, () -> program.store(p, 'b'));
            child.exit(0);
        });
    }
}
