package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.EveryOrder;
import dev.faultline.kernel.Meanwhile;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.fs.tmpfs.TmpfsHuge;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// From pages to the entries that map them: what is unmapped, what stays, and pages that are moved meanwhile.
class RmapTest {
    private static final long P = 4096;
    private static final long AT = 0x2_0000_0000L;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    /// A program with a file.
    private record Scene(Sandbox.Program program, int fd, long buffer) {
        PteSlot slot(long address) {
            return program.mm().slot(address);
        }

        Folio folio(long address) {
            return assertInstanceOf(Pte.Present.class, slot(address).peek()).folio();
        }

        void map(long address, int flags) {
            program.must("mmap", address, 4 * P, RW, flags | Mman.MAP_FIXED, fd, 0);
        }

        int onDisk() {
            program.must("fsync", fd);
            int direct = program.open("/mnt/f", Fcntl.O_DIRECT);
            assertEquals(P, program.must("pread", direct, buffer, P, 0));
            program.must("close", direct);
            return program.load(buffer);
        }
    }

    private static Scene scene(Sandbox sandbox) {
        Sandbox.Program program = sandbox.program(1).on(0);
        Scene s = new Scene(program, program.open("/mnt/f", 0), program.anonymous(P));
        s.map(AT, Mman.MAP_SHARED);
        program.store(AT, 'b');
        return s;
    }

    private static Sandbox sandbox(Thp thp) {
        Sandbox sandbox = Sandbox.huge(thp).file("/mnt/f", 4 * P, 'a');
        sandbox.swapOn(4);
        return sandbox;
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(Body body) {
        Sandbox sandbox = sandbox(Thp.NEVER);
        assertEquals(List.of(), sandbox.run(() -> body.run(scene(sandbox))));
    }

    /// A private mapping with an entry of each sort: a page of the file, a copy, a copy in swap, a mark.
    private static void privately(Body body) {
        run(s -> {
            long p = AT + 16 * P;
            s.map(p, Mman.MAP_PRIVATE);
            s.program().load(p);
            s.program().store(p + P, 'c');
            s.program().store(p + 2 * P, 'd');
            s.program().must("madvise", p + 2 * P, P, Mman.MADV_PAGEOUT);
            s.slot(p + 3 * P).fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE);
            body.run(s);
        });
    }

    @Test
    void whatIsUnmappedOfAFileLeavesTheCopiesOfPrivateMappings() {
        privately(s -> {
            long p = AT + 16 * P;
            Mapping mapping = s.folio(AT).mapping().orElseThrow();
            Rmap.unmapMappingPages(mapping, 0, 3);
            assertEquals(Pte.NONE, s.slot(AT).peek());
            assertEquals(Pte.NONE, s.slot(p).peek());
            assertEquals('c', s.program().load(p + P));
            assertInstanceOf(Pte.Swap.class, s.slot(p + 2 * P).peek());
            assertEquals(Pte.Marker.POISONED, s.slot(p + 3 * P).peek());
            assertEquals('b', s.program().load(AT));
            s.slot(p + 3 * P).change(_ -> Pte.NONE, new TlbGather(s.program().mm()));
        });
    }

    @Test
    void aTruncationTakesTheCopiesToo() {
        privately(s -> {
            long p = AT + 16 * P;
            Mapping mapping = s.folio(AT).mapping().orElseThrow();
            Folio copy = s.folio(p + P);
            copy.get();
            assertEquals(1, s.program().mm().swap().device().slotsInUse());
            Rmap.unmapMappingRange(mapping, 1, 3);
            for (int page = 1; page < 4; page++) {
                assertEquals(Pte.NONE, s.slot(p + page * P).peek());
            }
            assertEquals('a', s.program().load(p + P)); // the processor was told
            assertEquals(0, s.program().mm().swap().device().slotsInUse());
            assertEquals(0, copy.flags().peek() & Folio.DIRTY);
            assertEquals(1, copy.peekReferenceCount());
            copy.put();
            s.slot(p + 3 * P).fill(Pte.Marker.UFFD_WP, pte -> pte == Pte.NONE);
            Rmap.unmapMappingRange(mapping, 1, 3);
            assertEquals(Pte.Marker.UFFD_WP, s.slot(p + 3 * P).peek());
            s.slot(p + 3 * P).change(_ -> Pte.NONE, new TlbGather(s.program().mm()));
        });
    }

    @Test
    void pagesThatAreBeingMovedGoAsTheyWould() {
        privately(s -> {
            long p = AT + 16 * P;
            Mapping mapping = s.folio(AT).mapping().orElseThrow();
            TlbGather tlb = new TlbGather(s.program().mm());
            Folio copy = s.folio(p + P);
            Folio page = s.folio(p);
            s.slot(p + P).unmap(copy, Pte.Migration::new, tlb);
            s.slot(p).unmap(page, Pte.Migration::new, tlb);
            tlb.finish();
            Rmap.unmapMappingPages(mapping, 0, 3);
            assertEquals(Pte.NONE, s.slot(p).peek());
            assertInstanceOf(Pte.Migration.class, s.slot(p + P).peek());
            Rmap.unmapMappingRange(mapping, 0, 3);
            assertEquals(Pte.NONE, s.slot(p + P).peek());
            page.put();
            copy.putMapping();
        });
    }

    @Test
    void pagesOfADeviceHaveNoReferencesToGiveBack() {
        run(s -> {
            Folio page = s.folio(AT);
            Mapping mapping = page.mapping().orElseThrow();
            int count = page.peekReferenceCount();
            for (long at : List.of(AT + P, AT + 2 * P)) {
                s.slot(at).fill(Pte.raw(page, true), pte -> pte == Pte.NONE);
            }
            Rmap.unmapMappingPages(mapping, 1, 1);
            assertEquals(Pte.NONE, s.slot(AT + P).peek());
            s.program().must("madvise", AT + 2 * P, P, Mman.MADV_DONTNEED);
            assertEquals(count, page.peekReferenceCount());
        });
    }

    @Test
    void onlyTheEntriesOfSharedMappingsAreCleaned() {
        run(s -> {
            long p = AT + 16 * P;
            s.map(p, Mman.MAP_PRIVATE);
            s.program().load(p);
            Folio page = s.folio(AT);
            Mapping mapping = page.mapping().orElseThrow();
            assertTrue(Rmap.isMapped(mapping, page));
            page.lock().lock();
            assertTrue(Rmap.folioMkclean(mapping, page));
            assertFalse(Rmap.folioMkclean(mapping, page));
            page.lock().unlock();
            assertFalse(((Pte.Present) s.slot(AT).peek()).writable());
            s.program().store(AT, 'c');
            assertEquals('c', s.onDisk());
            page.get();
            int mappings = page.readMappings();
            Rmap.unmapMappingPages(mapping, 0, 0);
            assertFalse(Rmap.isMapped(mapping, page));
            assertEquals(mappings, page.readMappings()); // those of pages of files are not counted
            page.put();
        });
    }

    @Test
    void aTableGoesOnlyIfAllOfItWasGivenBack() {
        Sandbox sandbox = sandbox(Thp.MADVISE);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.anonymous(2 * Thp.BYTES);
            program.store(p + P, 1);
            PmdSlot pmd = program.mm().pmd(p).orElseThrow();
            program.must("madvise", p + P, Thp.BYTES - P, Mman.MADV_DONTNEED);
            assertTrue(pmd.hasTable());
            program.must("madvise", p, Thp.BYTES - P, Mman.MADV_DONTNEED);
            assertTrue(pmd.hasTable());
            program.must("madvise", p, Thp.BYTES, Mman.MADV_DONTNEED);
            assertFalse(pmd.hasTable());
        }));
    }

    @Test
    void aHugePageOfAFileIsMappedIfAnyPartOfItIs() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(16 << 20), TmpfsHuge.ALWAYS).hole("/mnt/f", Thp.BYTES);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.shared(program.open("/mnt/f", 0), Thp.BYTES);
            program.store(p + 3 * P, 'x');
            Folio part = ((Pte.Present) program.mm().slot(p + 3 * P).peek()).folio();
            Mapping mapping = part.mapping().orElseThrow();
            assertTrue(Rmap.isMapped(mapping, part.head()));
            assertTrue(Rmap.isMapped(mapping, part));
            part.head().page(5);
            assertFalse(Rmap.isMapped(mapping, part.head().page(5)));
            program.must("munmap", p, Thp.BYTES);
            assertFalse(Rmap.isMapped(mapping, part.head()));
        }));
    }

    // ---- pages that are moved ----

    @Test
    void aMovedPageIsOwnedAsItWas() {
        run(s -> {
            long p = s.program().anonymous(P);
            s.program().store(p, 7);
            Folio before = s.folio(p);
            before.flags().setBits(Folio.UPTODATE);
            s.program().migrate(p);
            Folio now = s.folio(p);
            assertTrue(now != before);
            assertEquals(1, now.readMappings());
            assertEquals(1, now.peekReferenceCount());
            assertEquals(Folio.UPTODATE, now.flags().peek() & Folio.UPTODATE);
            assertEquals(7, s.program().load(p)); // the processor was told of the other frame
        });
    }

    @Test
    void aPartOfAHugePageStaysWhereItIs() {
        Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            program.must("mmap", AT, Thp.BYTES, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
            program.store(AT, 7);
            program.must("madvise", AT + P, Thp.BYTES - P, Mman.MADV_DONTNEED);
            Pte part = program.mm().slot(AT).peek();
            program.migrate(AT);
            assertEquals(part, program.mm().slot(AT).peek());
            program.reclaim(AT);
            assertEquals(part, program.mm().slot(AT).peek());
        }));
    }

    /// A page of the file that somebody has a reference to, whom it is moved for.
    private record Moved(Scene scene, Folio page) {
        Sandbox.Program program() {
            return scene.program();
        }

        void migrate() {
            program().migrate(page);
        }
    }

    private static Meanwhile<Moved> moved() {
        return new Meanwhile<>(() -> sandbox(Thp.NEVER), sandbox -> {
            Scene s = scene(sandbox);
            Folio page = s.folio(AT);
            page.get();
            return new Moved(s, page);
        });
    }

    @Test
    void aPageOfAFileThatIsMovedIsWrittenOutAfterwardsAsWell() {
        moved().race(Moved::migrate, s -> s.program().must("fsync", s.scene().fd()), s -> {
            assertEquals('b', s.scene().onDisk());
            s.program().store(AT, 'z');
            assertEquals('z', s.scene().onDisk());
        });
        moved().race(Moved::migrate, s -> s.program().on(1).store(AT, 'y'), s -> {
            assertEquals('y', s.program().load(AT));
            assertEquals('y', s.scene().onDisk());
        });
        moved().race(Moved::migrate, s -> s.program().must("ftruncate", s.scene().fd(), 0), s -> {
            s.program().must("ftruncate", s.scene().fd(), P);
            assertEquals(0, s.program().load(AT));
        });
        moved().race(Moved::migrate, s -> s.program().must("munmap", AT, P), s -> assertEquals('b', s.scene().onDisk()));
    }

    @Test
    void whatEverHappensToAPageThatIsMovedNothingIsLost() {
        Meanwhile<Scene> own = new Meanwhile<>(() -> sandbox(Thp.NEVER), sandbox -> {
            Scene s = scene(sandbox);
            s.program().store(s.buffer(), 7);
            return s;
        });
        own.race(s -> s.program().migrate(s.buffer()), s -> s.program().on(1).store(s.buffer(), 8), s -> assertEquals(8, s.program().load(s.buffer())));
        own.race(s -> s.program().migrate(s.buffer()), s -> s.program().migrate(s.buffer()), s -> assertEquals(7, s.program().load(s.buffer())));
        own.race(s -> s.program().migrate(s.buffer()), s -> s.program().reclaim(s.buffer()), s -> assertEquals(7, s.program().load(s.buffer())));
        own.race(s -> s.program().migrate(s.buffer()), s -> {
            Sandbox.Program child = s.program().fork();
            child.store(s.buffer(), 3);
            child.migrate(s.buffer());
            assertEquals(3, child.load(s.buffer()));
            child.exit(0);
        }, s -> assertEquals(7, s.program().load(s.buffer())));
        own.race(s -> s.program().migrate(s.buffer()), s -> s.program().must("mremap", s.buffer(), P, P,
                Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, AT + 64 * P), s -> assertEquals(7, s.program().load(AT + 64 * P)));
        own.race(s -> s.program().must("mremap", s.buffer(), P, P, Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED, AT + 64 * P),
                s -> s.program().migrate(s.buffer()), s -> assertEquals(7, s.program().load(AT + 64 * P)));
    }

    @Test
    void aChildsPageThatIsMovedAtTheSameAddressIsLeftAlone() {
        run(s -> {
            s.program().store(s.buffer(), 7);
            Sandbox.Program child = s.program().fork();
            child.store(s.buffer(), 8);
            PteSlot its = child.mm().slot(s.buffer());
            Pte.Present page = assertInstanceOf(Pte.Present.class, its.peek());
            its.unmap(page.folio(), Pte.Migration::new, new TlbGather(child.mm()));
            s.program().migrate(s.buffer());
            assertEquals(new Pte.Migration(page), its.peek());
            assertEquals(7, s.program().load(s.buffer()));
            its.replace(its.peek(), page);
            assertEquals(8, child.load(s.buffer()));
            child.exit(0);
        });
    }

    @Test
    void aHugeOrLockedPageOfAFileStaysWhereItIs() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(16 << 20), TmpfsHuge.ALWAYS).hole("/mnt/f", Thp.BYTES);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.shared(program.open("/mnt/f", 0), Thp.BYTES);
            program.store(p, 'x');
            Folio head = ((Pte.Present) program.mm().slot(p).peek()).folio();
            head.get();
            program.migrate(head);
            assertSame(head, ((Pte.Present) program.mm().slot(p).peek()).folio());
        }));
        run(s -> {
            Folio page = s.folio(AT);
            page.get();
            page.lock().lock();
            s.program().migrate(page);
            assertSame(page, s.folio(AT));
            assertTrue(page.lock().isLocked());
            page.lock().unlock();
        });
    }

    @Test
    void onlyInAFilesAreaIsItKeptThatTheProgramIsToBeTold() {
        privately(s -> {
            Mm mm = s.program().mm();
            long p = AT + 16 * P;
            Vma file = mm.areas().stream().filter(vma -> vma.start() == p).findFirst().orElseThrow();
            Set<VmFlag> flags = Set.of(VmFlag.READ, VmFlag.WRITE, VmFlag.UFFD_WP);
            TlbGather tlb = new TlbGather(mm);
            s.slot(p + P).change(pte -> ((Pte.Present) pte).mkUffdWp(), tlb);
            s.slot(p + 2 * P).change(pte -> pte instanceof Pte.Swap swap ? new Pte.Swap(swap.entry(), swap.exclusive(), true) : pte, tlb);
            tlb.finish();
            Rmap.unmapRange(new Vma(mm, p, p + 4 * P, flags, file.file()), p, p + 4 * P);
            assertEquals(Pte.NONE, s.slot(p).peek());
            assertEquals(Pte.Marker.UFFD_WP, s.slot(p + P).peek());
            assertEquals(Pte.Marker.UFFD_WP, s.slot(p + 2 * P).peek());
            assertEquals(Pte.NONE, s.slot(p + 3 * P).peek());
            assertEquals(0, mm.swap().device().slotsInUse());
            s.slot(p).fill(Pte.Marker.POISONED, pte -> pte == Pte.NONE);
            Rmap.unmapRange(new Vma(mm, p, p + 4 * P, flags, file.file()), p, p + 4 * P);
            assertEquals(Pte.NONE, s.slot(p).peek());
            assertEquals(Pte.Marker.UFFD_WP, s.slot(p + P).peek());
            Rmap.unmapRange(file, p, p + 4 * P); // it is not registered
            assertEquals(Pte.NONE, s.slot(p + P).peek());
            s.slot(p).fill(Pte.Marker.UFFD_WP, pte -> pte == Pte.NONE);
            Rmap.unmapRange(new Vma(mm, p, p + 4 * P, flags, Optional.empty()), p, p + 4 * P);
            assertEquals(Pte.NONE, s.slot(p).peek());
        });
    }

    @Test
    void aCopyIsNotThePageOfTheFile() {
        privately(s -> {
            s.program().load(AT + P);
            Folio page = s.folio(AT + P);
            Mapping mapping = page.mapping().orElseThrow();
            assertTrue(Rmap.isMapped(mapping, page));
            s.program().must("munmap", AT, 4 * P);
            assertFalse(Rmap.isMapped(mapping, page));
            assertEquals('c', s.program().load(AT + 17 * P));
        });
    }

    // ---- what is said of steps ----

    /// One task does something to a page, another one gives a reference to it back.
    private static void giveBackMeanwhile(Parts parts, Function<Mm, Folio> page, Function<Mm, Object> first) {
        Function<Machine, EveryOrder.World> program = machine -> {
            Memory memory = new Memory(machine, new PhysicalMemory(machine), WpReuse.REFERENCED_ONCE);
            memory.swap().swapOn(2);
            Mm mm = new Mm(machine, "program", parts, memory.swap());
            Folio folio = page.apply(mm);
            folio.getUnseen();
            folio.getUnseen();
            List<Object> seen = new ArrayList<>();
            return new EveryOrder.World(List.of(() -> seen.add(first.apply(mm)), folio::put), () -> seen.toString());
        };
        EveryOrder all = new EveryOrder(program).all();
        assertEquals(List.of(), all.wrong());
        assertEquals(outcomes(all), outcomes(new EveryOrder(program).reduced()));
    }

    private static TreeSet<String> outcomes(EveryOrder orders) {
        TreeSet<String> outcomes = new TreeSet<>();
        orders.results().forEach(result -> outcomes.add(result.substring(0, result.indexOf(']'))));
        return outcomes;
    }

    @Test
    void whoGivesAReferenceBackComesBeforeOrAfterWhoCountsThem() {
        giveBackMeanwhile(Parts.TODAY, mm -> {
            Folio folio = mm.swap().physical().allocate("anonymous");
            folio.flags().pokeUnseen(Folio.LAZYFREE);
            mm.slot(AT).put(Pte.anonymous(folio, false));
            return folio;
        }, mm -> {
            new Reclaim(mm.swap()).reclaimPages(List.of(((Pte.Present) mm.slot(AT).peek()).folio()), mm.anonVma());
            return mm.slot(AT).peek() == Pte.NONE;
        });
        giveBackMeanwhile(Parts.TODAY.with(Thp.PART, Thp.MADVISE), mm -> {
            Folio folio = mm.swap().physical().allocateHuge("anonymous").orElseThrow();
            mm.slot(AT).put(new Pte.Present(folio, Pte.Present.ANON_EXCLUSIVE));
            mm.pmd(AT).orElseThrow().put(new Pmd.Table(1));
            return folio;
        }, mm -> new SplitFolio(mm.swap().physical()).split(((Pte.Present) mm.slot(AT).inTable()).folio(), mm));
        giveBackMeanwhile(Parts.TODAY.with(Thp.PART, Thp.MADVISE), mm -> {
            Vma vma = new Vma(mm, AT, AT + Thp.BYTES, Set.of(VmFlag.READ, VmFlag.WRITE, VmFlag.HUGEPAGE), Optional.empty());
            mm.insert(vma);
            vma.anonVmaPrepare();
            Folio folio = mm.swap().physical().allocate("anonymous");
            mm.slot(AT).put(Pte.anonymous(folio, true));
            mm.pmd(AT).orElseThrow().put(new Pmd.Table(1));
            return folio;
        }, mm -> {
            ((Pte.Present) mm.slot(AT).peek()).folio().putUnseen(); // the other one has one more
            new Collapse(mm.swap().physical()).khugepaged(mm, AT);
            return mm.pmd(AT).orElseThrow().isHuge();
        });
    }
}
