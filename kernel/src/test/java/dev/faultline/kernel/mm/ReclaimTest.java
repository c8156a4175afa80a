package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.fs.tmpfs.TmpfsHuge;
import dev.faultline.kernel.swap.SwapEntry;
import dev.faultline.kernel.uapi.Mman;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Pages that are taken out of memory, and those that stay; and how they come back.
class ReclaimTest {
    private static final long P = 4096;
    private static final long AT = 0x2_0000_0000L;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    /// A program with a page.
    private record Scene(Sandbox sandbox, Sandbox.Program program) {
        PteSlot slot() {
            return program.mm().slot(AT);
        }

        Pte.Present present() {
            return assertInstanceOf(Pte.Present.class, slot().peek());
        }

        Folio folio() {
            return present().folio();
        }

        Swap swap() {
            return program.mm().swap();
        }

        int slotsInUse() {
            return swap().device().slotsInUse();
        }

        SwapEntry swapped() {
            return assertInstanceOf(Pte.Swap.class, slot().peek()).entry();
        }

        void reclaim() {
            program.reclaim(AT);
        }

        /// The page goes to swap and comes back for reading: it is clean, and cached still.
        Folio cached() {
            reclaim();
            assertEquals(7, program.load(AT));
            return folio();
        }

        void advise(int advice) {
            program.must("madvise", AT, P, advice);
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static Scene scene(Sandbox sandbox) {
        Sandbox.Program program = sandbox.program(1).on(0);
        program.must("mmap", AT, 4 * P, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
        program.store(AT, 7);
        program.store(AT + P, 9);
        return new Scene(sandbox, program);
    }

    private static Sandbox sandbox() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * P, 'f');
        sandbox.swapOn(3);
        return sandbox;
    }

    private static void run(Body body) {
        Sandbox sandbox = sandbox();
        assertEquals(List.of(), sandbox.run(() -> body.run(scene(sandbox))));
    }

    private static Meanwhile<Scene> two() {
        return new Meanwhile<>(ReclaimTest::sandbox, ReclaimTest::scene);
    }

    // ---- what goes, and what stays ----

    @Test
    void aPageGoesAndComesBack() {
        run(s -> {
            Folio before = s.folio();
            int pages = s.program().pagesInUse();
            s.reclaim();
            assertFalse(s.swap().isCached(s.swapped()));
            assertEquals(pages - 1, s.program().pagesInUse());
            assertEquals(7, s.program().load(AT));
            assertFalse(before.tryGet());
            assertFalse(s.present().dirty());
            assertTrue(s.present().writable());
            assertEquals(1, s.slotsInUse());
        });
    }

    @Test
    void whatIsNoSmallPageOfTheProgramsOwnStays() {
        run(s -> {
            s.program().load(AT + 2 * P); // the page of zeroes
            long file = s.program().shared(s.program().open("/mnt/f", 0), P);
            s.program().load(file);
            for (long at : List.of(AT + 2 * P, AT + 3 * P, file)) {
                Pte before = s.program().mm().slot(at).peek();
                s.program().reclaim(at);
                assertEquals(before, s.program().mm().slot(at).peek());
            }
            assertEquals(0, s.slotsInUse());
        });
        Sandbox huge = Sandbox.huge(Thp.ALWAYS);
        huge.swapOn(2);
        assertEquals(List.of(), huge.run(() -> {
            Sandbox.Program program = huge.program(1);
            program.must("mmap", AT, Thp.BYTES, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            program.store(AT, 7);
            Pte before = program.mm().slot(AT).peek();
            program.reclaim(AT);
            assertEquals(before, program.mm().slot(AT).peek());
            assertEquals(0, program.mm().swap().device().slotsInUse());
            assertEquals(0, ((Pte.Present) before).folio().flags().peek());
        }));
    }

    @Test
    void aPinnedPageGetsNoSlot() {
        run(s -> {
            assertTrue(s.folio().tryGrab(FolioHold.PIN));
            s.reclaim();
            assertEquals(0, s.slotsInUse());
            assertFalse(s.folio().lock().isLocked());
            FolioHold.PIN.release(s.folio());
            s.reclaim();
            assertInstanceOf(Pte.Swap.class, s.slot().peek());
        });
    }

    @Test
    void aLockedPageOrALockedAreaStays() {
        run(s -> {
            Folio page = s.folio();
            page.lock().lock();
            s.reclaim();
            assertSame(page, s.folio());
            page.lock().unlock();
            s.program().must("mlock", AT, P);
            s.reclaim();
            assertSame(page, s.folio());
            assertFalse(page.lock().isLocked());
            s.program().must("munlock", AT, P);
            s.reclaim();
            assertInstanceOf(Pte.Swap.class, s.slot().peek());
        });
    }

    @Test
    void aLockedAreaThatMapsAnotherPageThereDoesNotKeepIt() {
        run(s -> {
            Sandbox.Program child = s.program().fork();
            child.store(AT, 8);
            child.must("mlock", AT, P);
            Folio page = s.folio();
            s.reclaim();
            assertFalse(page.tryGet());
            assertEquals(8, child.load(AT));
            child.exit(0);
        });
    }

    @Test
    void aPageWithoutACopyInSwapIsWrittenWhateverItsEntrySays() {
        run(s -> {
            TlbGather tlb = new TlbGather(s.program().mm());
            s.slot().modify(entry -> entry.without(Pte.Present.DIRTY), tlb);
            tlb.finish();
            s.reclaim();
            assertEquals(7, s.program().load(AT));
        });
    }

    @Test
    void aCleanPageThatSomebodyHoldsStaysCached() {
        run(s -> {
            Folio cached = s.cached();
            cached.get();
            s.reclaim();
            assertTrue(s.swap().isCached(s.swapped()));
            assertEquals(2, cached.peekReferenceCount());
            cached.put();
            assertEquals(7, s.program().load(AT));
            assertSame(cached, s.folio());
        });
    }

    @Test
    void aPageOfAFileGoesIfItCanBeBroughtBack() {
        run(s -> {
            int fd = s.program().open("/mnt/f", 0);
            long file = s.program().shared(fd, 2 * P);
            s.program().load(file);
            s.program().load(file + P);
            Folio page = ((Pte.Present) s.program().mm().slot(file).peek()).folio();
            Mapping mapping = page.mapping().orElseThrow();
            page.get();
            page.lock().lock();
            s.program().reclaim().reclaimFilePage(page);
            page.lock().unlock();
            assertTrue(Rmap.isMapped(mapping, page));
            page.get();
            page.get();
            s.program().reclaim().reclaimFilePage(page); // somebody else holds it
            assertSame(page, page.mapping().isPresent() ? page : s.folio());
            assertFalse(page.lock().isLocked());
            s.program().reclaim().reclaimFilePage(page);
            assertFalse(page.tryGet());
            assertEquals('f', s.program().load(file));
            Folio gone = ((Pte.Present) s.program().mm().slot(file + P).peek()).folio();
            gone.get();
            gone.get();
            s.program().must("ftruncate", fd, P);
            s.program().reclaim().reclaimFilePage(gone);
            assertFalse(gone.lock().isLocked());
            assertEquals(1, gone.peekReferenceCount());
            gone.put();
        });
    }

    @Test
    void aHugePageOfAFileStays() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(16 << 20), TmpfsHuge.ALWAYS).hole("/mnt/f", Thp.BYTES);
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long file = program.shared(program.open("/mnt/f", 0), Thp.BYTES);
            program.store(file + P, 'h');
            program.store(file, 'h');
            Pte first = program.mm().slot(file).peek();
            Folio page = ((Pte.Present) program.mm().slot(file + P).peek()).folio();
            Mapping mapping = page.mapping().orElseThrow();
            assertTrue(page.isLarge());
            page.get();
            program.reclaim().reclaimFilePage(page.head());
            page.get();
            program.migrate(page.head());
            assertEquals(first, program.mm().slot(file).peek());
            assertSame(page, ((Pte.Present) program.mm().slot(file + P).peek()).folio());
            assertTrue(Rmap.isMapped(mapping, page.head()));
            assertTrue(Rmap.isMapped(mapping, page));
            program.must("munmap", file, Thp.BYTES);
            assertFalse(Rmap.isMapped(mapping, page.head()));
            assertFalse(Rmap.isMapped(mapping, page));
        }));
    }

    @Test
    void whoNeedsAFrameAsksForAPageOfAProgram() {
        run(s -> {
            Folio page = s.folio();
            Mm other = s.sandbox().program(1).mm();
            assertFalse(s.program().reclaim().reclaimOf(List.of(other), page));
            assertTrue(s.program().reclaim().reclaimOf(List.of(other, s.program().mm()), page));
            assertInstanceOf(Pte.Swap.class, s.slot().peek());
            assertFalse(s.program().reclaim().reclaimOf(List.of(s.program().mm()), page));
        });
        run(s -> { // it is being freed, though its entry is there still
            Folio page = s.folio();
            page.put();
            assertFalse(s.program().reclaim().reclaimOf(List.of(s.program().mm()), page));
            s.slot().change(_ -> Pte.NONE, new TlbGather(s.program().mm()));
        });
    }

    @Test
    void whatNeedNotBeKeptGoesUnlessItsAreaIsLocked() {
        run(s -> {
            s.advise(Mman.MADV_FREE);
            s.program().must("mlock", AT, P);
            Folio page = s.folio();
            s.reclaim();
            assertSame(page, s.folio());
            s.program().must("munlock", AT, P);
            assertEquals(7, s.program().load(AT));
            page.get();
            s.reclaim();
            page.put();
            assertEquals(7, s.program().load(AT));
            s.advise(Mman.MADV_FREE);
            assertEquals(7, s.program().load(AT));
            s.reclaim();
            assertEquals(Pte.NONE, s.slot().peek());
            assertEquals(0, s.program().load(AT)); // the processor was told
            assertEquals(0, s.slotsInUse());
        });
    }

    @Test
    void reclaimWaitsForTheLockOfTheReverseMap() {
        for (boolean free : new boolean[] {false, true}) {
            two().waits(s -> s.program().mm().anonVma().rwsem().downWrite(), s -> assertInstanceOf(Pte.Present.class, s.slot().read()),
                    s -> s.program().mm().anonVma().rwsem().upWrite(), s -> {
                        if (free) {
                            s.advise(Mman.MADV_FREE);
                        }
                        s.reclaim();
                    });
        }
    }

    // ---- while somebody else is at it ----

    @Test
    void whateverComesBetweenNothingIsLost() {
        Consumer<Scene> store = s -> s.program().on(1).store(AT, 8);
        two().race(Scene::reclaim, store, s -> assertEquals(8, s.program().load(AT)));
        two().race(Scene::reclaim, s -> {
            store.accept(s);
            s.reclaim();
        }, s -> assertEquals(8, s.program().load(AT)));
        two().race(Scene::reclaim, Scene::reclaim, s -> assertEquals(7, s.program().load(AT)));
        two().race(Scene::reclaim, s -> s.program().must("mlock", AT, P), s -> {
            s.program().must("munlock", AT, P);
            assertEquals(7, s.program().load(AT));
        });
        two().race(Scene::reclaim, s -> s.program().must("munmap", AT, P), s -> {
            s.swap().dropUnused();
            assertEquals(0, s.slotsInUse());
        });
        two().race(Scene::reclaim, s -> s.advise(Mman.MADV_DONTNEED), s -> assertEquals(0, s.program().load(AT)));
        two().race(Scene::reclaim, s -> s.program().must("mremap", AT, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, AT + 8 * P),
                s -> assertEquals(7, s.program().load(AT + 8 * P)));
        two().race(s -> s.program().must("mremap", AT, P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, AT + 8 * P), Scene::reclaim,
                s -> assertEquals(7, s.program().load(AT + 8 * P)));
        two().race(Scene::reclaim, s -> {
            Sandbox.Program child = s.program().fork();
            child.store(AT, 3);
            child.exit(0);
        }, s -> assertEquals(7, s.program().load(AT)));
    }

    @Test
    void aPinnedPageIsTheOneThatTheProgramSeesAfterwards() {
        Folio[] pinned = new Folio[1];
        for (GupFlag more : List.of(GupFlag.PIN, GupFlag.WRITE)) {
            two().race(Scene::reclaim, s -> pinned[0] = ((GupResult.Pages) s.program().gup().getUserPagesFast(AT, 1, EnumSet.of(GupFlag.PIN, more)))
                    .folios().getFirst(), s -> {
                        assertEquals(7, s.program().load(AT));
                        assertSame(pinned[0], s.folio());
                        FolioHold.PIN.release(pinned[0]);
                    });
        }
    }

    @Test
    void whatIsGivenUpWhileItIsTakenIsGoneOrWrittenAnew() {
        Meanwhile<Scene> freed = new Meanwhile<>(ReclaimTest::sandbox, sandbox -> {
            Scene s = scene(sandbox);
            s.advise(Mman.MADV_FREE);
            return s;
        });
        freed.race(Scene::reclaim, s -> s.program().on(1).store(AT + 1, 8), s -> {
            assertEquals(8, s.program().load(AT + 1));
            assertTrue(List.of(0, 7).contains(s.program().load(AT)));
        });
        freed.race(Scene::reclaim, s -> s.advise(Mman.MADV_DONTNEED), s -> assertEquals(0, s.program().load(AT)));
        Folio[] pinned = new Folio[1];
        freed.race(Scene::reclaim, s -> pinned[0] = ((GupResult.Pages) s.program().gup().getUserPagesFast(AT, 1, EnumSet.of(GupFlag.PIN, GupFlag.WRITE)))
                .folios().getFirst(), s -> {
                    assertSame(pinned[0], ((Pte.Present) s.slot().peek()).folio());
                    FolioHold.PIN.release(pinned[0]);
                });
        freed.race(Scene::reclaim, s -> {
            Sandbox.Program child = s.program().fork();
            child.store(AT, 3);
            child.exit(0);
        }, s -> assertTrue(List.of(0, 7).contains(s.program().load(AT))));
    }

    // ---- coming back ----

    private static Meanwhile<Scene> swapped() {
        return new Meanwhile<>(ReclaimTest::sandbox, sandbox -> {
            Scene s = scene(sandbox);
            s.reclaim();
            return s;
        });
    }

    @Test
    void whoFindsThePageWhileItIsReadInWaitsForItsBytes() {
        swapped().race(s -> assertEquals(7, s.program().load(AT)), s -> assertEquals(7, s.program().on(1).load(AT)), s -> assertEquals(7, s.program().load(AT)));
        swapped().race(s -> s.program().store(AT, 8), s -> s.program().on(1).store(AT + 1, 9), s -> {
            assertEquals(8, s.program().load(AT));
            assertEquals(9, s.program().load(AT + 1));
        });
        swapped().race(s -> s.program().load(AT), s -> s.advise(Mman.MADV_DONTNEED), s -> {
            assertEquals(0, s.program().load(AT));
            s.swap().dropUnused();
            assertEquals(0, s.slotsInUse());
        });
        swapped().race(s -> s.advise(Mman.MADV_WILLNEED), s -> s.program().store(AT, 8), s -> assertEquals(8, s.program().load(AT)));
        swapped().race(s -> s.program().store(AT, 8), s -> s.advise(Mman.MADV_WILLNEED), s -> assertEquals(8, s.program().load(AT)));
    }

    /// The slot is in use again for the same address by the time that the folio that was cached for it is locked.
    @Test
    void aPageThatLeftTheCacheIsNotMapped() {
        Meanwhile<Scene> cached = new Meanwhile<>(ReclaimTest::sandbox, sandbox -> {
            Scene s = scene(sandbox);
            s.reclaim();
            s.advise(Mman.MADV_WILLNEED);
            return s;
        });
        cached.race(s -> s.program().load(AT), s -> {
            s.advise(Mman.MADV_DONTNEED);
            s.program().store(AT, 8);
            s.advise(Mman.MADV_PAGEOUT);
        }, s -> assertEquals(8, s.program().load(AT)));
    }

    @Test
    void aSlotIsFreeWhenItIsOfNoMoreUse() {
        run(s -> {
            s.cached();
            assertEquals(1, s.slotsInUse());
            s.program().store(AT, 8); // through the entry that may be written
            assertEquals(1, s.slotsInUse());
            s.program().must("munmap", AT, P);
            assertEquals(0, s.slotsInUse());
        });
        run(s -> {
            s.reclaim();
            s.program().store(AT, 8);
            assertEquals(0, s.slotsInUse());
            assertTrue(s.present().dirty());
            s.reclaim();
            s.program().must("mlock", AT, P);
            assertEquals(8, s.program().load(AT));
            assertEquals(0, s.slotsInUse());
        });
        run(s -> {
            s.program().must("mprotect", AT, P, Mman.PROT_READ);
            s.reclaim();
            s.program().must("mlock", AT, P);
            assertEquals(0, s.slotsInUse());
            assertEquals(7, s.program().load(AT));
        });
        run(s -> {
            s.reclaim();
            s.advise(Mman.MADV_WILLNEED);
            assertTrue(s.swap().isCached(s.swapped()));
            s.program().must("munmap", AT, P);
            assertEquals(0, s.slotsInUse());
        });
        run(s -> { // somebody holds what is cached
            s.reclaim();
            Folio cached = s.swap().readIn(s.swapped()).orElseThrow();
            s.program().store(AT, 8);
            assertSame(cached, s.folio());
            assertEquals(1, s.slotsInUse());
            cached.put();
        });
    }

    @Test
    void aSlotThatOthersCountOnKeepsItsCopy() {
        run(s -> {
            s.reclaim();
            SwapEntry entry = s.swapped();
            Sandbox.Program child = s.program().fork();
            assertEquals(7, s.program().load(AT));
            Folio cached = s.folio();
            s.program().must("munmap", AT, P);
            assertTrue(s.swap().isCached(entry));
            assertEquals(7, child.load(AT));
            assertSame(cached, ((Pte.Present) child.mm().slot(AT).peek()).folio());
            cached.lock().lock();
            child.must("munmap", AT, P);
            assertTrue(s.swap().isCached(entry)); // whoever has locked it is left alone
            cached.lock().unlock();
            s.swap().dropUnused();
            assertEquals(0, s.slotsInUse());
            child.exit(0);
        });
    }

    /// A child has shared the page, and has ended while the page was locked: it is cached still.
    private static Folio ownedLast(Scene s) {
        Sandbox.Program child = s.program().fork();
        Folio page = s.cached();
        assertEquals(7, child.load(AT));
        page.lock().lock();
        child.exit(0);
        page.lock().unlock();
        assertEquals(2, page.peekReferenceCount());
        assertFalse(s.present().writable());
        return page;
    }

    @Test
    void theLastOwnerWritesToThePageThatIsCachedInPlace() {
        run(s -> {
            Folio page = ownedLast(s);
            s.program().store(AT, 8);
            assertSame(page, s.folio());
            assertEquals(0, s.slotsInUse());
        });
        run(s -> {
            Folio page = ownedLast(s);
            page.lock().lock();
            s.program().store(AT, 8); // does not wait, and copies
            assertNotSame(page, s.folio());
            page.lock().unlock();
        });
        run(s -> {
            Sandbox.Program child = s.program().fork();
            Folio page = s.folio();
            child.exit(0);
            page.get();
            s.program().store(AT, 8);
            assertNotSame(page, s.folio());
            page.put();
        });
    }

    @Test
    void twoThreadsOfTheLastOwnerWriteToThePageThatIsCached() {
        Meanwhile<Scene> last = new Meanwhile<>(ReclaimTest::sandbox, sandbox -> {
            Scene s = scene(sandbox);
            ownedLast(s);
            return s;
        });
        last.race(s -> s.program().store(AT, 8), s -> s.program().on(1).store(AT + 1, 9), s -> {
            assertEquals(8, s.program().load(AT));
            assertEquals(9, s.program().load(AT + 1));
        });
        for (int advice : List.of(Mman.MADV_DONTNEED, Mman.MADV_PAGEOUT)) {
            last.race(s -> s.program().store(AT, 8), s -> s.advise(advice),
                    s -> assertTrue(List.of(0, 8).contains(s.program().load(AT))));
        }
        last.race(s -> s.program().store(AT, 8), s -> {
            Sandbox.Program child = s.program().fork();
            assertTrue(List.of(7, 8).contains(child.load(AT)));
            child.exit(0);
        }, s -> assertEquals(8, s.program().load(AT)));
    }

    @Test
    void aPinForReadingOfWhatWasSharedMakesItTheProgramsOwn() {
        run(s -> {
            Sandbox.Program child = s.program().fork();
            s.reclaim();
            Folio pinned = ((GupResult.Pages) s.program().gup().getUserPagesFast(AT, 1, EnumSet.of(GupFlag.PIN))).folios().getFirst();
            assertSame(pinned, s.folio());
            assertTrue(s.present().anonExclusive());
            assertEquals(7, child.load(AT));
            assertNotSame(pinned, ((Pte.Present) child.mm().slot(AT).peek()).folio());
            FolioHold.PIN.release(pinned);
            child.exit(0);
        });
    }

    /// Who has to wait for the lock of a page gives the lock of the fault up if it may, and says so.
    @Test
    void aFaultThatWaitsForAPageGivesItsLockUpIfItMay() {
        for (EnumSet<FaultFlag> flags : List.of(EnumSet.noneOf(FaultFlag.class), EnumSet.of(FaultFlag.ALLOW_RETRY),
                EnumSet.of(FaultFlag.ALLOW_RETRY, FaultFlag.TRIED), EnumSet.of(FaultFlag.ALLOW_RETRY, FaultFlag.RETRY_NOWAIT))) {
            boolean[] free = new boolean[1];
            boolean[] done = new boolean[1];
            boolean drops = flags.contains(FaultFlag.ALLOW_RETRY) && !flags.contains(FaultFlag.TRIED);
            boolean waits = !flags.contains(FaultFlag.RETRY_NOWAIT);
            Folio[] page = new Folio[1];
            two().waits(s -> {
                page[0] = s.folio();
                page[0].lock().lock();
            }, s -> {
                s.slot().read();
                free[0] = s.program().mm().mmapLock().downWriteTrylock();
                if (free[0]) {
                    s.program().mm().mmapLock().upWrite();
                }
                assertEquals(!waits, done[0]);
            }, s -> page[0].lock().unlock(), s -> {
                s.program().mm().mmapLock().downRead();
                VmFault fault = new VmFault(s.program().mm().vmaLookup(AT).orElseThrow(), AT, flags);
                VmFaultResult result = SwapFault.folioLockOrRetry(fault, page[0]);
                done[0] = true;
                assertEquals(drops, result.has(VmFaultResult.RETRY));
                if (!drops) {
                    assertTrue(page[0].lock().isLocked());
                    page[0].lock().unlock();
                }
                if (!drops || !waits) {
                    s.program().mm().mmapLock().upRead();
                }
            });
            assertEquals(drops, free[0] || !waits);
        }
        run(s -> {
            VmFault fault = new VmFault(s.program().mm().areas().getLast(), AT, EnumSet.of(FaultFlag.ALLOW_RETRY));
            assertEquals(VmFaultResult.DONE, SwapFault.folioLockOrRetry(fault, s.folio()));
            assertTrue(s.folio().lock().isLocked());
            s.folio().lock().unlock();
        });
    }
}
